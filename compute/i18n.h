// Words in the language of the person: what the program says is written in English, marked here,
// and translated by gettext where it is shown. ui/README.md says what is marked.
//
// _("a sentence") is its translation. N_("a sentence") in a table is marked and stays English until
// translated() takes it where it is shown. C_("context", "word") tells apart what is one word in
// English only. P_("%d photo", "%d photos", n) has the form that the number asks for.
// A number of 64 bits is %" PRId64 " in a marked text; xgettext does not know GLib's word for it.
#pragma once

#define GETTEXT_PACKAGE "tincture"

#include <glib/gi18n-lib.h>
#include <inttypes.h>

#define P_(one, many, number) g_dngettext(GETTEXT_PACKAGE, one, many, (gulong)(number))

// What a table marked with N_(). NULL and "" stay what they are, as "" means something to gettext.
static inline const char *translated(const char *marked)
{
    return marked && *marked ? _(marked) : marked;
}
