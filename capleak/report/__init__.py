"""What a visit needs of a record, in words and figures: for the page and the PDF."""
