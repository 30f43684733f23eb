// The stickers that are being made: of sentences, one of each, or of the open photo's mask, with
// what is set about them. They belong to no document and are not kept; what is saved are files.
//
// Thread: main only.
//
// Signals
//   "changed"   ()   anything of it
#pragma once

#include "render/picture.h"
#include "ui/core/library.h"
#include "ui/core/queue.h"

G_BEGIN_DECLS

#define TINCTURE_TYPE_STICKER_WORK (tincture_sticker_work_get_type())
G_DECLARE_FINAL_TYPE(TinctureStickerWork, tincture_sticker_work, TINCTURE, STICKER_WORK, GObject)

struct sticker_made {
    char *name;            // what a person calls it: "red fox"
    struct image *cut;     // the thing, of any size
    struct image *sticker; // as it will be saved; NULL: it is not put together, or cannot be
};

struct sticker_style { // an adapter that gives what is drawn a look
    char *name, *path;
};

// To be read; only the functions below change it.
struct _TinctureStickerWork {
    GObject parent_instance;

    struct settings *settings; // of sticker_settings
    GPtrArray *made;           // struct sticker_made, in the order of the sentences
    struct picture sticker;    // as it will be saved, or the page of several; empty: there is none
    guint asked, coming;       // of the last sentences; those that are still to come
    GPtrArray *styles;         // struct sticker_style: those of the model, and those learned
    char *style;               // path of the one that is drawn in; NULL: none
    char *outcome;             // what became of the last that was saved, or why there is none;
                               // NULL: nothing to say

    // private
    TinctureProject *project; // borrowed, as the next two
    TinctureQueue *queue;
    struct library *library;
    uint64_t seed;
    bool anew;     // the next that comes takes the place of those that there are
    guint failed;  // of the last sentences
    guint again;   // source that puts them together anew; 0: all are as the settings say
    guint next;    // the one that it puts together then
    guint saving;  // files that are being written ...
    guint to_save; // ... of so many
    guint saved;   // those that have been
    char *folder;  // where to; NULL: a single one
};

TinctureStickerWork *tincture_sticker_work_new(TinctureProject *project, TinctureQueue *queue,
                                               struct library *library);
// Which styles there are now; one that has gone is not drawn in any more.
void tincture_sticker_work_list_styles(TinctureStickerWork *self);

// Draws sentences, one a line, each time other pictures of them; cuts out what the open photo's
// mask shows. Stopped, those that were drawn stay. False, and said, where it cannot be.
bool tincture_sticker_work_draw(TinctureStickerWork *self, const char *prompts);
bool tincture_sticker_work_cut(TinctureStickerWork *self);
// The path of one of the styles, for what is drawn from now on; NULL: none.
void tincture_sticker_work_set_style(TinctureStickerWork *self, const char *path);
// A value outside its legal range changes nothing.
void tincture_sticker_work_set(TinctureStickerWork *self, const char *key, double value);
// "Red Fox.webp", with the ending that the messenger takes; newly allocated.
char *tincture_sticker_work_file_name(const TinctureStickerWork *self);
// False, and said, where it cannot be.
bool tincture_sticker_work_save(TinctureStickerWork *self, const char *path);
// Each and their page into a folder, under names that are not taken there. False, and said, where
// it cannot be.
bool tincture_sticker_work_save_all(TinctureStickerWork *self, const char *folder);

// ---- for the session ----------------------------------------------------------------------------

void tincture_sticker_work_came(TinctureStickerWork *self, TinctureJob *job); // takes its cut
void tincture_sticker_work_saved(TinctureStickerWork *self, TinctureJob *job);

G_END_DECLS
