"""Making what ships: `parvis text train` reads the free sets, fits the models and tells their figures."""
