// The sticker that is being made: of a sentence or of the open photo's mask, with what is set about
// it. It belongs to no document and is not kept; what is saved of it is a file.
//
// Thread: main only.
//
// Signals
//   "changed"   ()   anything of it
#pragma once

#include "render/picture.h"
#include "ui/core/project.h"
#include "ui/core/queue.h"

G_BEGIN_DECLS

#define TINCTURE_TYPE_STICKER_WORK (tincture_sticker_work_get_type())
G_DECLARE_FINAL_TYPE(TinctureStickerWork, tincture_sticker_work, TINCTURE, STICKER_WORK, GObject)

// To be read; only the functions below change it.
struct _TinctureStickerWork {
    GObject parent_instance;

    struct settings *settings; // of sticker_settings
    struct picture sticker;    // as it will be saved; empty: there is none
    char **styles;             // names of the looks that the model has, NULL-terminated
    char *style;               // the one that is drawn in; NULL: none
    char *name;                // what a person calls it: "red fox"; NULL: nothing yet
    char *outcome;             // what became of the last that was saved, or why there is none;
                               // NULL: nothing to say

    // private
    TinctureProject *project; // borrowed, as the next
    TinctureQueue *queue;
    char *model;       // the folder or file
    struct image *cut; // the thing, of any size; NULL: none
    uint64_t seed;
    guint again; // source that puts it together anew; 0: it is as the settings say
};

// model: the folder or file whose styles there are.
TinctureStickerWork *tincture_sticker_work_new(TinctureProject *project, TinctureQueue *queue,
                                               const char *model);

// Draws a sentence, each time another picture of it; cuts out what the open photo's mask shows.
// False, and said, where it cannot be.
bool tincture_sticker_work_draw(TinctureStickerWork *self, const char *prompt);
bool tincture_sticker_work_cut(TinctureStickerWork *self);
// One of the styles, for what is drawn from now on; NULL: none.
void tincture_sticker_work_set_style(TinctureStickerWork *self, const char *name);
// A value outside its legal range changes nothing.
void tincture_sticker_work_set(TinctureStickerWork *self, const char *key, double value);
// "Red Fox.webp", with the ending that the messenger takes; newly allocated.
char *tincture_sticker_work_file_name(const TinctureStickerWork *self);
// False, and said, where it cannot be.
bool tincture_sticker_work_save(TinctureStickerWork *self, const char *path);

// ---- for the session ----------------------------------------------------------------------------

void tincture_sticker_work_came(TinctureStickerWork *self, TinctureJob *job); // takes its cut
void tincture_sticker_work_saved(TinctureStickerWork *self, TinctureJob *job);

G_END_DECLS
