// Rotations in files: what the dialects that hold them share.
//
// A dialect reads each layer into the canonical form of the method "orthogonal" (private.h). Where
// all of a file is rotations of inputs that this program can learn itself, the adapter becomes one
// of "oft" or "coft", whose numbers are the same.
#pragma once

#include "compute/adapter/dialect/dialect.h"
#include "compute/adapter/private.h"

struct rotations;
struct rotations_layer;
// Adds the layer with rotations_add(). A tensor of the wrong size is no error.
typedef bool (*rotations_layer_fn)(struct rotations *r, const struct rotations_layer *l,
                                   GError **error);
typedef char *(*rotations_path_fn)(const char *stem);

// A file while it is read.
struct rotations {
    const struct adapter_source *source;
    const char *const *suffixes;
    rotations_path_fn path;
    rotations_layer_fn read_layer;
    const struct st_file *file;
    struct adapter *a;
    GHashTable *names; // of layers, to struct file_layer *
    GHashTable *used;  // struct st_tensor * of the file that are applied, or say something that is
    char *fault;       // about the first tensor of the wrong size; NULL: there is none
};

// One layer of the model and the tensor that turns it.
struct rotations_layer {
    const struct st_tensor *tensor;
    const char *stem; // of its name, before the suffix
    int suffix;       // which of them it was
    const struct nn_part *part;
    struct nn_weight *weight; // rank 2 or 4
};

// Calls fn for every tensor whose name is one that a layer has in files (layers.h), and one of the
// suffixes behind it (NULL-terminated). path, where it is not NULL,
// makes the layer's path of the rest of the name. All other tensors are unmatched. NULL: a number
// is none, or not one tensor has the size that its layer asks for.
struct adapter *rotations_read(const struct adapter_source *s, struct model *model,
                               const char *const *suffixes, rotations_path_fn path,
                               rotations_layer_fn fn, GError **error);

// The tensor called stem + suffix, which then counts as used; NULL: there is none.
const struct st_tensor *rotations_sibling(struct rotations *r, const struct rotations_layer *l,
                                          const char *suffix);
// All numbers of a tensor, which are finite; the caller frees them.
float *rotations_numbers(const struct st_tensor *t, GError **error);
// The scales of the layer's outputs in t (NULL: none) to *scale: NULL where all are 1, as programs
// write them that had nothing to scale. To be freed. False: a number is none.
bool rotations_scale(const struct st_tensor *t, float **scale, GError **error);
// The parameter of the layer, and its tensor used. NULL: the form does not fit, which is noted.
struct adapter_param *rotations_add(struct rotations *r, const struct rotations_layer *l,
                                    const struct orthogonal_form *form);

// The parameter of a layer whose tensor holds triangles (n or 1, b(b-1)/2), with the tensor's
// numbers at the start of its value; form says how they become rotations, its block and blocks are
// set here. *p NULL: it does not fit. false: a number is none.
bool rotations_add_triangles(struct rotations *r, const struct rotations_layer *l,
                             struct orthogonal_form *form, struct adapter_param **p,
                             GError **error);
// Where the file has one block for all: value goes on as its first `have` numbers.
void rotations_share(struct adapter_param *p, int64_t have);

// u = factor (D - D^T), strict upper triangle, of squares (n, b, b); or the whole block times n,
// where the file has one for all: `have` blocks are read in turn.
void rotations_triangles(const float *squares, int64_t have, const struct orthogonal_form *form,
                         float factor, float *u);
// Shortens to the norm where they are longer: sqrt(weight * sum of squares).
void rotations_bound(float *numbers, int64_t count, double weight, double norm);

// Values of adapter_config.json, the default where there is none of that type.
bool rotations_config_bool(const struct adapter_source *s, const char *key, bool otherwise);
double rotations_config_number(const struct adapter_source *s, const char *key, double otherwise);

// ---- for writing --------------------------------------------------------------------------------

// Whether its layer looks rows up.
bool rotations_is_embedding(const struct adapter_param *p);
// The form of a parameter of any of the methods oft, coft and orthogonal. false: of none.
bool rotations_form(const struct adapter_param *p, struct orthogonal_form *form);
// Squares (blocks of all factors, b, b) with u above the diagonal and mirror u below it; the caller
// frees them.
float *rotations_squares(const struct adapter_param *p, const struct orthogonal_form *form,
                         float mirror);
// adapter_config.json beside the tensors: opens an object with what all have, closes and saves it.
JsonBuilder *rotations_config_begin(const struct adapter *a, const char *type);
bool rotations_config_end(JsonBuilder *b, const char *folder, GError **error);
