// A few lines of text that describe a picture: wraps, has a placeholder, Return activates instead
// of breaking the line. Undo belongs to the document, so the view has none of its own. With the
// property "several" each line describes one: Return begins another, and Ctrl+Return activates.
//
// Signals: "edited" () a person changed the text; "activate" () Return was pressed.
//
// Thread: main only.
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_PROMPT_VIEW (tincture_prompt_view_get_type())
G_DECLARE_FINAL_TYPE(TincturePromptView, tincture_prompt_view, TINCTURE, PROMPT_VIEW, GtkTextView)

char *tincture_prompt_view_dup_text(TincturePromptView *self); // one line, but for "several"
// Leaves the cursor alone where the text is the same; NULL is the empty text. Does not emit
// "edited".
void tincture_prompt_view_set_text(TincturePromptView *self, const char *text);

G_END_DECLS
