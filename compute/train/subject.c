// A subject of a few pictures, with what the model knew of its class preserved (Ruiz et al.,
// DreamBooth, section 3.2): each instance comes with a prior sample, a picture that the model
// itself made of the class.
//
//   L = mean over instances (prediction - target)^2
//       + w mean over prior samples (prediction - target)^2
//
// Each row draws a time step and noise of its own. A row's weight makes the mean over the whole
// batch that sum. With w = 0 there are no prior samples.
#include "compute/train/objective.h"

static bool keeps_class(const struct settings *s)
{
    return settings_get(s, "prior_weight") > 0;
}

static int subject_rows(const struct settings *s)
{
    return keeps_class(s) ? 2 : 1;
}

static bool subject_prepare(struct objective_run *run, const struct train_set *set,
                            struct task *task, GError **error)
{
    return train_need_role(run, ROLE_INSTANCE, error) &&
           (!keeps_class(run->settings) || train_need_role(run, ROLE_PRIOR, error));
}

static void subject_draw(const struct objective_run *run, struct rng *rng,
                         struct train_batch *batch)
{
    const float weight = (float)settings_get(run->settings, "prior_weight");
    const int rows = subject_rows(run->settings), instances = batch->count / rows;
    for (int i = 0; i < batch->count; i++) {
        const bool prior = i >= instances;
        const int sample = train_pick(run, rng, prior ? ROLE_PRIOR : ROLE_INSTANCE);
        train_row_draw(run, rng, sample, &batch->rows[i]);
        batch->rows[i].weight *= (float)rows * (prior ? weight : 1);
    }
}

static struct node *subject_loss(struct objective_run *run, struct graph *g,
                                 const struct loss_nodes *in)
{
    return loss_mean(g, in);
}

static const struct setting subject_settings[] = {
    {.key = "prior_weight",
     .title = "Weight of the class",
     .help = "How strongly pictures of the class hold what the model knew of it; 0 needs none",
     .kind = SETTING_FLOAT,
     .max = 100,
     .slider_max = 2,
     .def = 1},
    {.key = "class_pictures",
     .title = "Pictures of the class",
     .help = "How many the model draws of the class first; they are kept for the next time",
     .unit = "pictures",
     .kind = SETTING_INT,
     .level = SETTING_EXPERT,
     .min = 1,
     .max = 1000,
     .slider_min = 1,
     .slider_max = 200,
     .def = 32},
    {.key = "vectors",
     .title = "Vectors",
     .help = "How many stand in the place of the new word; more can say more, and more wrongly",
     .unit = "vectors",
     .kind = SETTING_INT,
     .level = SETTING_EXPERT,
     .min = 1,
     .max = 16,
     .slider_min = 1,
     .slider_max = 8,
     .def = 1},
    {.key = "crops",
     .title = "Crops",
     .help = "Into how many crops each photo is cut, at random; 1 takes each as it is",
     .unit = "crops",
     .kind = SETTING_INT,
     .level = SETTING_EXPERT,
     .min = 1,
     .max = 64,
     .slider_min = 1,
     .slider_max = 16,
     .def = 4},
    {.key = "flip",
     .title = "Mirror",
     .help = "Half of the crops are mirrored; not for what has writing or a left and a right",
     .kind = SETTING_SWITCH,
     .level = SETTING_EXPERT,
     .max = 1,
     .def = 1},
    {0},
};

extern const struct objective subject_objective;
const struct objective subject_objective = {
    .name = "subject",
    .title = "Learn a subject",
    .summary = "Learns a subject from a few photos under a word of its own, and keeps the class it "
               "belongs to as the model knew it",
    .settings = subject_settings,
    .level = SETTING_HIDDEN, // it is another kind of project than one photo
    .rows = subject_rows,
    .prepare = subject_prepare,
    .draw = subject_draw,
    .loss = subject_loss,
};
