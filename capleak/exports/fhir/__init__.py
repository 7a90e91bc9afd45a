"""FHIR R4: all of a record as a collection of resources, and a summary as a document.

Base R4 (4.0.1). The document has the shape of the International Patient Summary, and
was not validated against its profiles. Clinical codes are those of the vocabulary
alone; what has none there is told in words.
"""

from capleak.exports.fhir.bundles import collection, document

__all__ = ["collection", "document"]
