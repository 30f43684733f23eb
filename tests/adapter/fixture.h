// What the tests of adapters and training share: a small model on the device, adapters with the
// parameters of the reference's vectors, and one U-Net call.
#pragma once

#include "compute/adapter/adapter.h"

struct fixture {
    struct gpu *gpu;
    struct model *model;
    struct st_file *vectors; // tests/data/train/MODEL.safetensors
};
void fixture_open(struct fixture *f, const char *model);
void fixture_close(struct fixture *f);

// settings: "rank=3 text_encoder=on", of the method's own rows.
struct adapter *fixture_adapter(struct fixture *f, const char *method, const char *settings);
// The vectors' CASE.start, or pseudo-random parameters that depend on seed.
void fixture_start(struct fixture *f, struct adapter *a, const char *name);
void fixture_randomize(struct adapter *a, unsigned seed, double size);

// Values of a vector; count may be NULL.
float *fixture_vector(struct fixture *f, const char *name, int64_t *count);
// A file in the process's own folder, which is removed when the process ends.
char *fixture_file(struct fixture *f, const char *name);

// The prediction for the vectors' first noise and time, (h, w, c), from the given weights through a
// hook (NULL: none). The hook serves one call.
float *fixture_predict(struct fixture *f, struct nn_part *unet, struct adapter_hook *hook,
                       int64_t *count);
// Largest difference, as a part of the largest number of b.
double fixture_distance(const float *a, const float *b, int64_t n);
