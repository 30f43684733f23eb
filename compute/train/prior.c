// A subject with what the model knew of its class preserved (Ruiz et al., DreamBooth, section 3.2):
// each instance comes with a prior sample, a picture that the model itself made of the class.
//
//   L = mean over instances (prediction - target)^2
//       + w mean over prior samples (prediction - target)^2
//
// Each row draws a time step and noise of its own. A row's weight makes the mean over the whole
// batch that sum.
#include "compute/train/objective.h"

static bool prior_prepare(struct objective_run *run, const struct train_set *set, struct task *task,
                          GError **error)
{
    return train_need_role(run, ROLE_INSTANCE, error) && train_need_role(run, ROLE_PRIOR, error);
}

static void prior_draw(const struct objective_run *run, struct rng *rng, struct train_batch *batch)
{
    const float weight = (float)settings_get(run->settings, "prior_weight");
    const int half = batch->count / 2;
    for (int i = 0; i < batch->count; i++) {
        const bool prior = i >= half;
        const int sample = train_pick(run, rng, prior ? ROLE_PRIOR : ROLE_INSTANCE);
        train_row_draw(run, rng, sample, &batch->rows[i]);
        batch->rows[i].weight *= 2 * (prior ? weight : 1);
    }
}

static struct node *prior_loss(struct objective_run *run, struct graph *g,
                               const struct loss_nodes *in)
{
    return loss_mean(g, in);
}

static const struct setting prior_settings[] = {
    {.key = "prior_weight",
     .title = "Weight of the class",
     .help = "How strongly pictures of the class hold what the model knew of it",
     .kind = SETTING_FLOAT,
     .max = 100,
     .slider_max = 2,
     .def = 1},
    {0},
};

extern const struct objective prior_objective;
const struct objective prior_objective = {
    .name = "prior",
    .title = "Learn a subject, keep its class",
    .summary =
        "Learns a subject from pictures of it, and the class it belongs to from others, so that "
        "the class stays as the model knew it",
    .settings = prior_settings,
    .level = SETTING_HIDDEN, // the window has no way yet to bring pictures of the class
    .rows = 2,
    .prepare = prior_prepare,
    .draw = prior_draw,
    .loss = prior_loss,
};
