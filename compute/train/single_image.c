// One photo and its plain caption: no identifier word and no prior loss (Han et al., SVDiff,
// section 3.4). With several photos each sample takes one of them at random.
//
//   z ~ posterior of the photo, t uniform, epsilon normal
//   L = mean (prediction(z_t, t, c) - target)^2
//
// The target is epsilon or v, as the model predicts.
#include "compute/train/objective.h"

#include "compute/i18n.h"

static bool single_image_prepare(struct objective_run *run, const struct train_set *set,
                                 struct task *task, GError **error)
{
    return train_need_role(run, ROLE_INSTANCE, error);
}

static void single_image_draw(const struct objective_run *run, struct rng *rng,
                              struct train_batch *batch)
{
    for (int i = 0; i < batch->count; i++) {
        const int sample = train_pick(run, rng, ROLE_INSTANCE);
        train_row_draw(run, rng, sample, &batch->rows[i]);
    }
}

static struct node *single_image_loss(struct objective_run *run, struct graph *g,
                                      const struct loss_nodes *in)
{
    return loss_mean(g, in);
}

extern const struct objective single_image_objective;
const struct objective single_image_objective = {
    .name = "single_image",
    .title = N_("Learn this photo"),
    .summary = N_("Learns one photo under its description, to edit it by changing the words"),
    .prepare = single_image_prepare,
    .draw = single_image_draw,
    .loss = single_image_loss,
};
