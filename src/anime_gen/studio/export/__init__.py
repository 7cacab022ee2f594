"""What a drawing program takes: sheets, palettes, films."""
