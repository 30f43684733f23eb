// Pages that the program writes: one file each, readable by day and by night, and without a script.
#pragma once

#include <glib.h>

// A page up to its body. title is plain text, style CSS of the page's own. Newly allocated.
GString *html_begin(const char *title, const char *style);
void html_add_text(GString *html, const char *text); // escaped
