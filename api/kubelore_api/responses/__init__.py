"""OpenAI's responses: an answer as a series of events and items, over whatever model and knowledge bases."""
