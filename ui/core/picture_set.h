// Pictures with a description each, to learn from: files and folders of them, NAME.txt beside each.
//
// Thread: the engine's.
#pragma once

#include "ui/core/engine.h"

struct picture_set;
struct picture_set *picture_set_new(void);
// Adds pictures of one role. paths: of n pictures; side: as engine_photo(); caption: of those
// beside which there is no NAME.txt; NULL: all have one. Of each the largest square in the middle
// counts. False with an error that names the picture.
struct picture_request {
    const char *const *paths;
    int n, side;
    const char *caption;
    enum train_role role;
    GPtrArray *notes; // as of picture_open()
};
bool picture_set_add(struct picture_set *s, struct engine *e, const struct picture_request *q,
                     struct task *task, GError **error);
// One of them: the same of the photo of that path, which stays the caller's.
bool picture_set_add_photo(struct picture_set *s, const struct photo *p, const char *path,
                           const char *caption, enum train_role role, GError **error);
// As it is now; borrowed.
const struct train_set *picture_set_get(struct picture_set *s);
void picture_set_free(struct picture_set *s);

// The picture of a path, as engine_photo() with that side. What was ignored in reading it, and that
// its file is cut short, is added to notes, a sentence (char *) with its name; NULL: to be ignored.
struct photo *picture_open(struct engine *e, const char *path, int side, GPtrArray *notes,
                           struct task *task, GError **error);
// What NAME.txt beside a picture says of it, or else caption, newly allocated. NULL with an error
// where there is neither, or where what lies beside it is of no use.
char *picture_caption(const struct photo *p, const char *path, const char *caption, GError **error);
// One picture, for whoever adds to it: e receives size, picture and caption, which are put into
// buffers (to be freed with g_free()), region what of the photo is seen.
bool picture_example(const struct photo *p, const char *path, const char *caption,
                     GPtrArray *buffers, struct image_region *region, struct train_example *e,
                     GError **error);
