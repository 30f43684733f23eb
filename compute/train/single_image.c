// One photo and its plain caption: no identifier word and no prior loss (Han et al., SVDiff,
// section 3.4). With several photos each sample takes one of them at random.
//
//   z ~ posterior of the photo, t uniform, epsilon normal
//   L = mean (prediction(z_t, t, c) - target)^2
//
// The target is epsilon or v, as the model predicts.
#include "compute/train/train.h"

static void single_image_draw(const struct train_data *data, const struct noise_schedule *schedule,
                              struct rng *rng, struct train_batch *batch)
{
    for (int i = 0; i < batch->count; i++) {
        batch->sample[i] = rng_below(rng, data->count);
        batch->timestep[i] = rng_below(rng, schedule->train_steps);
        const struct train_sample *s = &data->samples[batch->sample[i]];
        float *z = batch->latents + i * data->n;
        rng_normal(rng, z, data->n);
        for (int64_t k = 0; k < data->n; k++) {
            z[k] = s->mean[k] + s->spread[k] * z[k];
        }
        rng_normal(rng, batch->noise + i * data->n, data->n);
    }
}

extern const struct objective single_image_objective;
const struct objective single_image_objective = {
    .name = "single_image",
    .title = "Learn this photo",
    .summary = "Learns one photo under its description, to edit it by changing the words",
    .draw = single_image_draw,
    .loss = op_mse,
};
