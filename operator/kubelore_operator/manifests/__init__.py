"""Pure builders of the objects that Kubelore's resources own: one file a kind."""
