// What adapters do to a model, measured layer by layer, each adapter alone at its strength: how
// much of a weight it changes, what becomes of the angles between the layer's neurons, how far from
// orthogonal its rotations are, and how alike the changes of several are.
#pragma once

#include "compute/adapter/group.h"

// One adapter in one layer. NAN where the layer has no such number.
struct study_part {
    double change; // |W' - W|, Frobenius
    double energy; // of W', as study_layer.energy
    double askew;  // |R R^T - I| over the blocks of its rotation; NAN: it turns nothing here
};

struct study_layer {
    char *part, *path; // as in struct adapter_param
    struct layer_group group;
    double weight; // |W|
    // The hyperspherical energy of the neurons u_i, the rows of W at length 1: the sum of
    // 1 / |u_i - u_j| over i != j (Qiu et al., Controlling Text-to-Image Diffusion by Orthogonal
    // Finetuning, section 3). Rows of zeros have no direction and two of one direction no distance:
    // neither counts. NAN: a vector, or a table of embeddings.
    double energy;
    struct study_part *parts; // n
    double *products;         // (n, n): inner products of the changes W' - W
};

struct adapter_study {
    int n;             // adapters
    GPtrArray *layers; // struct study_layer *: those that any of them changes, by place and path
};

// NULL with an error. The adapters are borrowed during the call. Slow.
struct adapter_study *adapter_study_new(struct adapter *const *list, int n, struct task *task,
                                        GError **error);
void adapter_study_free(struct adapter_study *s);

// The groups that have layers: an array of struct layer_group. The caller's.
GArray *study_groups(const struct adapter_study *s);
// Of adapter a over the layers of a group: |W' - W| / |W|; the energy and what it was; |R R^T - I|.
// NAN where no layer of it has such a number.
double study_size(const struct adapter_study *s, int a, struct layer_group group);
double study_energy(const struct adapter_study *s, int a, struct layer_group group, double *before);
double study_askew(const struct adapter_study *s, int a, struct layer_group group);
// How alike a and b are: the cosine of their changes of a layer, the mean of it over the layers of
// the group that both change (*shared of them, may be NULL). Of SVDiff that is the correlation of
// the shifts (Han et al., SVDiff, section 4.4): U and V^T turn both alike. NAN: they share none.
double study_correlation(const struct adapter_study *s, int a, int b, struct layer_group group,
                         int *shared);
