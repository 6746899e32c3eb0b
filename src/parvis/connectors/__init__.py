"""One folder a platform. They do not know each other, and nothing but `parvis.channels` knows them."""
