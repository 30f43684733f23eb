// The engine: a device, a model and what runs on them, with the jobs that need both models and pictures.
//
// Everything here is synchronous, reports progress and can be cancelled: the session calls it on its own thread,
// the command line on the main one. One thread at a time.
#pragma once

#include "compute/edit/edit.h"
#include "compute/train/train.h"
#include "render/detail.h"

struct engine {
    struct gpu *gpu;
    struct model *model;
    struct editor *editor;
    struct fft *fft; // opened at first use
};

// model: a folder; device: as gpu_open().
struct engine *engine_open(const char *model, const char *device, struct task *task,
                           GError **error);
void engine_free(struct engine *e);

// A photo and what the model sees of it.
struct photo {
    struct image *full;  // owned
    struct image *small; // the size the model works at
    float *rgb;          // the same in [-1,1]: (small->height, small->width, 3)
};
// Takes full. side: the model's working size in pixels, 0 for the model's own.
struct photo *photo_new(struct image *full, const struct model *m, int side, GError **error);
void photo_free(struct photo *p);
// The size for a photo of width x height: the model's number of pixels, the photo's proportions as nearly as
// multiples of the U-Net's unit allow.
void photo_fit(const struct model *m, int side, int width, int height, int *fit_width,
               int *fit_height);

// Runs request on the photo (its rgb, width and height are filled in here).
struct edit_result *engine_edit(struct engine *e, const struct photo *p,
                                struct edit_request request, struct task *task, GError **error);

// (height, width, 3) in [-1,1] as a picture.
struct image *engine_image(const float *rgb, int width, int height, GError **error);

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
                  struct task *task, GError **error);
