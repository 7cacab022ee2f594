"""Where pictures come from: folders, archives, Kaggle sets, our own drawings; each lists its members and reads them."""
