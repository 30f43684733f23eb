// Times as people say them.
#pragma once

#include <glib.h>

// When something was made, seen from now: "14:32", "Yesterday, 14:32", "3 Mar 2026".
char *time_ago_text(gint64 unix_seconds);
