// What a subject is learned from: photos of it, cut into crops, and pictures of its class, which
// the model itself draws where nobody brings any.
//
// Thread: the engine's.
#pragma once

#include "ui/core/engine.h"

struct subject_photo {
    const struct photo *photo;
    const char *caption;       // NULL: made of the new word and the class
    const struct raster *mask; // of the photo's size: where the subject is; NULL: its opaque part
    const char *path;          // of its file, for messages; NULL: of none
};

struct subject_request {
    const struct subject_photo *photos;
    int n;
    const char *token; // the new word, which the model then has; NULL: it is learned without one
    const char *kind;  // the word of its class: "dog"
    const struct photo *const *class_photos; // pictures of the class; none: they are drawn
    int n_class;
    const char *class_prompt;        // what those show; NULL: made of the class
    const struct settings *settings; // of learn_settings, whose objective is "subject"
    uint64_t seed;
};

// Settings of learn_settings, with what the model's folder says of "learn", become those of a
// subject: all steps are taken, with what it says of "subject".
bool subject_defaults(const char *model, struct settings *s, GError **error);

// The model gets the new word (again, as it begins, where it had been learned before), the pictures
// are cut, masks carried over, and missing pictures of the class drawn. Slow; what was drawn of
// the class stays for the next time whatever happens.
struct subject;
struct subject *subject_new(struct engine *e, const struct subject_request *q, struct task *task,
                            GError **error);
// Several of them, each with its own word and class, for the objective cut_mix_unmix: each two are
// put side by side, too. Settings and seed are the first one's.
struct subject *subjects_new(struct engine *e, const struct subject_request *list, int n,
                             struct task *task, GError **error);
const struct train_set *subject_set(const struct subject *s);
void subject_free(struct subject *s);

// How the name of a mask ends.
#define SUBJECT_MASK "-masklabel.png"
// What lies beside a photo, as other trainers have it: its description in NAME.txt, and a mask of
// the subject in NAME-masklabel.png. Each NULL where there is none; NULL with an error where one is
// of no use.
struct subject_file {
    char *path; // the photo's
    char *caption;
    struct raster *mask;
};
struct subject_file *subject_file_read(const char *path, const struct photo *p, GError **error);
void subject_file_free(struct subject_file *f);

// Photos of a subject with what lies beside each. No side of a photo is kept longer than that.
#define SUBJECT_SIDE 2048
struct subject_album {
    GPtrArray *photos; // struct photo *
    GPtrArray *files;  // struct subject_file *
    GArray *list;      // struct subject_photo, of these
};
void subject_album_init(struct subject_album *a);
void subject_album_clear(struct subject_album *a);
// What a person says of a photo; zero: nothing. Borrowed, the captions by the album.
struct subject_said {
    const char *caption;       // whatever lies beside it; NULL: that says it
    const char *usual;         // where nothing beside it does; NULL: it is made of word and class
    struct image_region crop;  // what counts of it, in its pixels; width 0: all
    bool masked;               // mask, of the photo's size, says where the subject is (NULL:
    const struct raster *mask; // everywhere), whatever lies beside it
};
// The photo of that file, which is taken (NULL: it could not be read, and the error says so). said
// may be NULL. Where it fails the album is as it was.
bool subject_album_add(struct subject_album *a, const char *path, struct photo *photo,
                       const struct subject_said *said, GError **error);

// Adds "rex.jpg: what is the matter" to what is said of photos that are left out.
void subject_fault_add(GString *faults, const char *path, const GError *error);

// Whether a class is words of a language, as sentences have them: letters, with digits, hyphens and
// apostrophes among them.
bool subject_check_kind(const char *kind, GError **error);

// "a photograph of a <rex> dog": what a photo of the subject is called where nobody says it.
// Newly allocated.
char *subject_caption(const char *token, const char *kind);
// Whether pairs are put together of what the masks cover (settings of an objective).
bool subject_mixes_segments(const struct settings *own);
char *subject_with_article(const char *noun); // "an owl", newly allocated

// Pictures of a sentence as the model draws them, with the seeds from 0, at the model's own size:
// from a folder of the user's cache that is named after model, sentence and settings, where they
// are drawn first if need be. struct photo *; NULL with an error. engine_use_adapters() is to be
// called again before the next edit.
GPtrArray *engine_class_pictures(struct engine *e, const char *prompt, int n, struct task *task,
                                 GError **error);
