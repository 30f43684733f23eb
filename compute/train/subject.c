// A subject of a few pictures, with what the model knew of its class preserved (Ruiz et al.,
// DreamBooth, section 3.2): each instance comes with a prior sample, a picture that the model
// itself made of the class.
//
//   L = mean over instances (prediction - target)^2
//       + w mean over prior samples (prediction - target)^2
//
// Each row draws a time step and noise of its own. A row's weight makes the mean over the whole
// batch that sum. With w = 0 there are no prior samples.
#include "compute/train/subject.h"

#include "compute/i18n.h"

bool subject_keeps_class(const struct settings *s)
{
    return settings_get(s, "prior_weight") > 0;
}

enum keep { KEEP_PICTURES, KEEP_PREDICTIONS };
const char *const subject_keep_names[] = {N_("pictures"), N_("predictions"), NULL};

int subject_kept_rows(const struct objective_run *run)
{
    const bool keeps = subject_keeps_class(run->settings) &&
                       settings_int(run->settings, "keep") == KEEP_PREDICTIONS;
    return keeps ? run->rows / 2 : 0;
}

int subject_batch_rows(const struct settings *s)
{
    return subject_keeps_class(s) ? 2 : 1;
}

float subject_row_weight(const struct settings *s, bool prior)
{
    return (float)(subject_batch_rows(s) * (prior ? settings_get(s, "prior_weight") : 1));
}

static bool subject_prepare(struct objective_run *run, const struct train_set *set,
                            struct task *task, GError **error)
{
    run->kept_rows = subject_kept_rows(run);
    return train_need_role(run, ROLE_INSTANCE, error) &&
           (!subject_keeps_class(run->settings) || train_need_role(run, ROLE_PRIOR, error));
}

static void subject_draw(const struct objective_run *run, struct rng *rng,
                         struct train_batch *batch)
{
    const int instances = batch->count / subject_batch_rows(run->settings);
    for (int i = 0; i < batch->count; i++) {
        const bool prior = i >= instances;
        const int sample = train_pick(run, rng, prior ? ROLE_PRIOR : ROLE_INSTANCE);
        train_row_draw(run, rng, sample, &batch->rows[i]);
        batch->rows[i].weight *= subject_row_weight(run->settings, prior);
    }
}

static struct node *subject_loss(struct objective_run *run, struct graph *g,
                                 const struct loss_nodes *in)
{
    return loss_mean(g, in);
}

static const struct setting subject_settings[] = {SUBJECT_ROWS, {0}};

extern const struct objective subject_objective;
const struct objective subject_objective = {
    .name = "subject",
    .title = N_("Learn a subject"),
    .summary =
        N_("Learns a subject from a few photos under a word of its own, and keeps the class it "
           "belongs to as the model knew it"),
    .settings = subject_settings,
    .level = SETTING_HIDDEN, // it is another kind of project than one photo
    .of_subjects = true,
    .rows = subject_batch_rows,
    .prepare = subject_prepare,
    .draw = subject_draw,
    .loss = subject_loss,
};
