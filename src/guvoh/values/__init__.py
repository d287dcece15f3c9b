"""Small values that check themselves when they are made. Import each from its module."""
