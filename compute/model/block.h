// Blocks that the U-Net and the autoencoder share.
#pragma once

#include "compute/nn/nn.h"

#define CONV_SAME                                                                                  \
    ((struct conv_params){.stride = 1, .top = 1, .left = 1, .bottom = 1, .right = 1}) // for 3x3
#define CONV_1X1 ((struct conv_params){.stride = 1})

// Residual block: x (N,H,W,C) -> (N,H,W,out). time: activated time embedding (N,1,1,E), or NULL.
struct node *block_resnet(struct nn *nn, struct node *x, struct node *time, int out, int groups,
                          float eps, const char *path);

// Halves the size (rounding up for padding 1, down for padding 0). padding 0: one row below, one
// column right.
struct node *block_downsample(struct nn *nn, struct node *x, int padding, const char *path);

// Enlarges to height x width, then convolves.
struct node *block_upsample(struct nn *nn, struct node *x, int height, int width, const char *path);
