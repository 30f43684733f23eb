// Shared by window.c (building and showing), window_actions.c (verbs), window_tools.c (those of the
// tools on the canvas), window_subject.c (those of subjects) and window_drop.c (drop and paste).
#pragma once

#include "ui/canvas/stage.h"
#include "ui/library_page.h"
#include "ui/models_page.h"
#include "ui/queue_page.h"
#include "ui/recent_popover.h"
#include "ui/sticker_page.h"
#include "ui/subject_page.h"
#include "ui/subject_photo_page.h"
#include "ui/window.h"
#include "ui/workshop_page.h"

struct _TinctureWindow {
    AdwApplicationWindow parent_instance;

    // template widgets
    AdwToastOverlay *toasts;
    AdwWindowTitle *title;
    GtkStack *pages;
    AdwFlap *inspector_flap, *history_flap;
    GtkBox *inspector, *history;
    TinctureStage *stage;
    TinctureRecentPopover *recent;
    TinctureSubjectPage *subject, *style;
    TinctureSubjectPhotoPage *subject_photo;
    TinctureWorkshopPage *workshop;
    TinctureStickerPage *sticker;
    TinctureQueuePage *queue;
    TinctureModelsPage *models;
    TinctureLibraryPage *library;
    GtkLabel *device, *opening;
    GtkWidget *photo_buttons, *undo_buttons, *photo_tools, *drop_area, *opening_cancel;
    GtkWidget *inspector_side, *inspector_separator, *back, *show_queue;

    // owned
    TinctureSession *session;
    TinctureProject *project;
    char *caption;        // of the sample that is being opened
    GQueue said;          // messages that are not closed, the newest last: window_message.c
    guint message_source; // of one that waits until the one before has come in
    gint64 message_shown; // microseconds, of the monotonic clock

    const char
        *aside; // the page in the photo's place: "subject", "subject-photo", "style", "workshop",
                // "sticker", "queue", "models" or "library"; NULL: none

    gboolean passing; // tincture_window_set_passing()

    // borrowed
    AdwToast *message;       // that is shown; NULL: none
    struct said *message_of; // the one of said; NULL: none, or it is closed
    TinctureJob *job;        // that was shown last, as long as there is it
};

void tincture_window_install_actions(GtkWidgetClass *widget_class);
void tincture_window_add_toggles(TinctureWindow *self);
void tincture_window_update_actions(TinctureWindow *self);
void tincture_window_install_tools(GtkWidgetClass *widget_class);
void tincture_window_add_tools(TinctureWindow *self);
void tincture_window_take_canvas(TinctureWindow *self); // another page is seen
void tincture_window_update_tools(TinctureWindow *self);
void tincture_window_install_batch(GtkWidgetClass *widget_class); // window_batch.c
void tincture_window_batch_ended(TinctureWindow *self, TinctureJob *job);
void tincture_window_install_queue(GtkWidgetClass *widget_class); // window_queue.c
void tincture_window_show_queue_button(TinctureWindow *self);
void tincture_window_install_library(GtkWidgetClass *widget_class); // window_library.c
void tincture_window_update_library(TinctureWindow *self);
void tincture_window_library_job_ended(TinctureWindow *self, TinctureJob *job);
void tincture_window_job_ended(TinctureWindow *self, TinctureJob *job);
// It was begun here; of one whose window was closed, this is true of all.
gboolean tincture_window_asked_for(TinctureWindow *self, const TinctureJob *job);
void tincture_window_install_subject(GtkWidgetClass *widget_class);
// What the page that is seen learns from photos; NULL: it is none of those pages.
TinctureSubjectWork *tincture_window_get_lesson(TinctureWindow *self);
void tincture_window_show_subject_photo(TinctureWindow *self);   // the one that was opened
void tincture_window_install_help(GtkWidgetClass *widget_class); // window_help.c
void tincture_window_accept_drops(TinctureWindow *self);
void tincture_window_paste(TinctureWindow *self);
// text is plain, not markup. button and action, a detailed one, may be NULL.
void tincture_window_toast(TinctureWindow *self, const char *text, const char *button,
                           const char *action);
void tincture_window_say(TinctureWindow *self, int kind, const char *text); // enum message_kind
void tincture_window_ask(TinctureWindow *self, TinctureJob *job, const char *text);
// One of those of aside; NULL: what was there before.
void tincture_window_show_aside(TinctureWindow *self, const char *page);
// Closes the message that is shown, if there is one; TRUE: it would have stayed.
gboolean tincture_window_dismiss(TinctureWindow *self);
void tincture_window_go_on(TinctureWindow *self); // the next thing: ends those that do not last
// The one that is shown where it stays; NULL: none.
const char *tincture_window_get_message(TinctureWindow *self);
void tincture_window_forget_messages(TinctureWindow *self); // the window goes
// Gives the keyboard to the panel of that id, while there is a photo.
void tincture_window_go_to(TinctureWindow *self, const char *id);
// What the tools work on: the open photo, or a subject's while its page is seen.
TinctureStage *tincture_window_get_stage(TinctureWindow *self);
TinctureCanvas *tincture_window_get_canvas(TinctureWindow *self);
TincturePainting *tincture_window_get_painting(TinctureWindow *self);
TinctureProject *tincture_window_get_project(TinctureWindow *self);
