"""What is nearest in idea to each initiative, nearby and elsewhere: its words, concepts and themes compared."""

from transforms.similar.run import IDEA, nearest

__all__ = ["IDEA", "nearest"]
