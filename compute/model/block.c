#include "compute/model/block.h"

struct node *block_resnet(struct nn *nn, struct node *x, struct node *time, int out, int groups,
                          float eps, const char *path)
{
    struct node *h = nn_group_norm(nn, x, groups, eps, true, "%s.norm1", path);
    h = nn_conv(nn, h, out, 3, CONV_SAME, "%s.conv1", path);
    if (time) {
        h = op_add(nn->g, h, nn_linear(nn, time, out, true, "%s.time_emb_proj", path));
    }
    h = nn_group_norm(nn, h, groups, eps, true, "%s.norm2", path);
    h = nn_conv(nn, h, out, 3, CONV_SAME, "%s.conv2", path);
    if (x->shape[3] != out) {
        x = nn_conv(nn, x, out, 1, CONV_1X1, "%s.conv_shortcut", path);
    }
    return op_add(nn->g, h, x);
}

struct node *block_downsample(struct nn *nn, struct node *x, int padding, const char *path)
{
    struct conv_params params = {
        .stride = 2, .top = padding, .left = padding, .bottom = 1, .right = 1};
    return nn_conv(nn, x, x->shape[3], 3, params, "%s.downsamplers.0.conv", path);
}

struct node *block_upsample(struct nn *nn, struct node *x, int height, int width, const char *path)
{
    x = op_upsample(nn->g, x, height, width);
    return nn_conv(nn, x, x->shape[3], 3, CONV_SAME, "%s.upsamplers.0.conv", path);
}
