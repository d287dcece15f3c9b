"""What Guvoh says to people in plain words, and the words it offers them for passphrases."""
