// In what a result differs from the one before it, in a few words for its row of the history.
#pragma once

#include "ui/core/document.h"

// "red → orange · Guidance 5": what after was drawn with and before was not. Newly allocated; NULL:
// nothing that the picture depends on.
char *document_difference(const struct document *before, const struct document *after);
