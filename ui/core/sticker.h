// Stickers: what can be set about one, and the thing of a sentence or of a photo without what is
// around it. How it is put together is render/sticker.h.
#pragma once

#include "render/sticker.h"
#include "ui/core/engine.h"

// "for", "size", "outline", "outline_color", "shadow".
extern const struct setting sticker_settings[];
const struct sticker_target *sticker_target(const struct settings *s);
struct sticker_params sticker_params(const struct settings *s);

// The sentence that a model draws one thing on one plain ground by: as it is where it says itself
// what is around the thing, else as a cartoon (where it names no other medium) on a ground of a
// colour that it does not name. Newly allocated.
char *sticker_sentence(const char *prompt);

// Draws the request's prompt and takes its thing out: straight colours with alpha, of the model's
// size. A decoder of the model that gives alpha does that; without one what the sentence names
// first is selected in the picture, as in a photo. recipe (may be NULL) receives engine_recipe() of
// the adapters in use. NULL with an error.
struct image *sticker_draw(struct engine *e, const struct edit_request *request, char **recipe,
                           struct task *task, GError **error);

// ---- several ------------------------------------------------------------------------------------

enum { STICKERS_MOST = 200 }; // sentences at once

// Paths in a folder, one a sentence, no two alike and none of a file that is there:
// "a-red-fox.webp" of "A red fox", or "a-red-fox-2.webp". char *, freed with the array.
GPtrArray *sticker_paths(const char *folder, const GPtrArray *prompts, const char *ending);
// All on one page, about as many in a row as there are rows. n >= 1.
struct image *sticker_page(struct image *const *stickers, int n, GError **error);
