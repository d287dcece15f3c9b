"""What leaves the archive: documents, figures and pictures, each after consent was asked."""
