// Panels: the parts of the window that show one subject of the document. A family: NAME_panel.c and
// its template resources/ui/NAME_panel.ui, one word in meson.build. The window builds its sides
// from panel_table in order.
//
// A panel holds no facts. It shows what project and queue say in document_changed() and
// job_changed(), and changes the project or sends requests to the session; while it is being filled
// tincture_panel_is_updating() is true, and its handlers send nothing.
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include <adwaita.h>

G_BEGIN_DECLS

enum panel_side { PANEL_HISTORY, PANEL_INSPECTOR };

struct panel {
    const char *id; // widget name of the panel
    const char *title;
    enum panel_side side;
    GType (*get_type)(void); // a TincturePanel
};
extern const struct panel *const panel_table[]; // NULL-terminated
const struct panel *panel_find(const char *id);

#define TINCTURE_TYPE_PANEL (tincture_panel_get_type())
G_DECLARE_DERIVABLE_TYPE(TincturePanel, tincture_panel, TINCTURE, PANEL, AdwBin)

struct _TincturePanelClass {
    AdwBinClass parent_class;
    // Either may be NULL. parts: enum document_part; DOCUMENT_ALL when the panel is new.
    void (*document_changed)(TincturePanel *self, guint parts);
    void (*job_changed)(TincturePanel *self);
};

// painting: of the project that it shows, one of the session.
GtkWidget *tincture_panel_new(const struct panel *panel, TinctureSession *session,
                              TincturePainting *painting);
TinctureSession *tincture_panel_get_session(TincturePanel *self);
TinctureProject *tincture_panel_get_project(TincturePanel *self);
TincturePainting *tincture_panel_get_painting(TincturePanel *self);
gboolean tincture_panel_is_updating(TincturePanel *self);
// Says on the label which of the sentence's words the model does not know; hides it where there are
// none.
void tincture_panel_show_words(TincturePanel *self, GtkLabel *label, const char *sentence);
// Gives the keyboard to the panel's first control, wherever in the panel it was.
void tincture_panel_focus(TincturePanel *self);

G_END_DECLS
