"""What is nearest in idea to each initiative, nearby and elsewhere: its words, concepts and themes compared."""

from transforms.similar.run import IDEA, KEPT, NEARBY_KM, Recipe, nearest, prepare

__all__ = ["IDEA", "KEPT", "NEARBY_KM", "Recipe", "nearest", "prepare"]
