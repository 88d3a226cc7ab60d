"""What the end-to-end tests share: a real broker, real traffic, and mqtrack as its users call it."""
