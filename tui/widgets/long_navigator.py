"""Cursor movement in a long text by whole grapheme clusters, in constant time."""

from bisect import bisect_right

from textual.document._document import Location
from textual.document._document_navigator import DocumentNavigator
from textual.geometry import Offset

from tui.widgets.wrapping import LongWrapping


class LongNavigator(DocumentNavigator):
    """A document navigator that never stops inside a grapheme cluster."""

    _wrapped_document: LongWrapping

    def get_location_left(self, location: Location) -> Location:
        """Return the location one cluster to the left, or the end of the line above."""
        row, column = location
        if not column:
            return super().get_location_left(location)
        return row, self._wrapped_document.cluster_at(row, column - 1)[0]

    def get_location_right(self, location: Location) -> Location:
        """Return the location one cluster to the right, or the start of the line below."""
        row, column = location
        if self.is_end_of_document_line(location):
            return super().get_location_right(location)
        return row, self._wrapped_document.cluster_at(row, column)[1]

    def get_location_above(self, location: Location) -> Location:
        """Return the location one row above, or the start of the text."""
        x, y = self._wrapped_document.location_to_offset(location)
        if not y:
            return 0, 0
        offset = Offset(max(x, self.last_x_offset), y - 1)
        return self._wrapped_document.offset_to_location(offset)

    def get_location_below(self, location: Location) -> Location:
        """Return the location one row below, or the end of the text."""
        x, y = self._wrapped_document.location_to_offset(location)
        if y == self._wrapped_document.height - 1:
            return self._document.end
        offset = Offset(max(x, self.last_x_offset), y + 1)
        return self._wrapped_document.offset_to_location(offset)

    def get_location_end(self, location: Location) -> Location:
        """Return the end of the line, or the last cluster of a wrapped row."""
        row, column = location
        section = bisect_right(self._wrapped_document.get_offsets(row), column)
        _, end = self._wrapped_document.section(row, section)
        if end == len(self._document[row]):
            return row, end
        return row, self._wrapped_document.cluster_at(row, end - 1)[0]
