// The engine: a device, a model and what runs on them, with the jobs that need both models and pictures.
//
// Everything here is synchronous, reports progress and can be cancelled: the session calls it on its own thread,
// the command line on the main one. One thread at a time.
#pragma once

#include "compute/edit/edit.h"
#include "compute/train/train.h"
#include "render/detail.h"
#include "ui/core/photo.h"

struct engine {
    struct gpu *gpu;
    struct model *model;
    struct editor *editor;
    struct fft *fft; // opened at first use
};

// model: a folder; device: as gpu_open().
struct engine *engine_open(const char *model, const char *device, progress_fn progress, void *data,
                           GCancellable *c, GError **error);
void engine_free(struct engine *e);

// Takes full. side: the working size in pixels, 0 for the model's own; view_side: as photo_new().
struct photo *engine_photo(struct engine *e, struct image *full, int side, int view_side,
                           GError **error);

// Runs request on the photo (its rgb, width and height are filled in here).
struct edit_result *engine_edit(struct engine *e, const struct photo *p,
                                struct edit_request request, edit_step_fn step, void *data,
                                GCancellable *c, GError **error);

// The result carried over to base, which is the photo at its own or any smaller size.
struct image *engine_restore(struct engine *e, const struct image *base,
                             const struct edit_result *r, const struct detail_params *params,
                             GError **error);

// What the parameters text chunk of an exported picture says (methods 8.4). adapters may be NULL. Newly allocated.
char *engine_recipe(const struct edit_request *request, const struct model *m,
                    struct adapter *const *adapters, int n, int width, int height);

// Trains the adapter on the photo. resume: a checkpoint, or NULL.
bool engine_learn(struct engine *e, const struct photo *p, const char *caption,
                  struct adapter *adapter, const struct train_params *params, const char *resume,
                  progress_fn progress, train_step_fn step, void *data, GCancellable *c,
                  GError **error);
