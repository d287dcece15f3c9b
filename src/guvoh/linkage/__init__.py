"""Which mentions are one person. For now by equal keys and compatible births; the engine follows."""
