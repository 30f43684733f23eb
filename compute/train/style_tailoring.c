// Style Tailoring (Sinha et al., Text-to-Sticker: Style Tailoring Latent Diffusion Models for Human
// Expression, abstract and figure 2): what a picture shows is decided in the noisy time steps,
// how it looks in the others. Each is learned from a set of its own, both in one run,
//
//   L = mean over content, t in [T', T), (prediction - target)^2
//       + mean over style, t in [0, T'), (prediction - target)^2
//
// Half of a batch is of each set; a row's weight makes the mean over the whole batch that sum.
// Mixed, both sets are learned at all time steps, which is the baseline of one set of both.
#include "compute/train/objective.h"

#include "compute/i18n.h"

#include <string.h>

enum { SETS = 2 };

static int tailoring_rows(const struct settings *s)
{
    return SETS;
}

// ---- the sets -----------------------------------------------------------------------------------

static bool has_picture(const struct train_data *d, enum train_role role, const float *mean)
{
    for (int i = 0; i < d->count; i++) {
        const struct train_sample *s = &d->samples[i];
        if (s->role == role && memcmp(s->mean, mean, (size_t)d->n * sizeof *mean) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_pictures(const struct objective_run *run, GError **error)
{
    const struct train_data *d = &run->data;
    bool same = true;
    for (int i = 0; i < d->count; i++) {
        const struct train_sample *s = &d->samples[i];
        if (s->role != ROLE_CONTENT && s->role != ROLE_STYLE) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        _("\"%s\" has content and style, and picture %d of %d is of neither"),
                        run->objective->title, i + 1, d->count);
            return false;
        }
        same = same && has_picture(d, s->role == ROLE_STYLE ? ROLE_CONTENT : ROLE_STYLE, s->mean);
    }
    if (same) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("\"%s\" needs two sets, and content and style are the same pictures"),
                    run->objective->title);
    }
    return !same;
}

// A picture's own range counts within that of its set.
static bool divide_steps(struct objective_run *run, GError **error)
{
    const int split = settings_int(run->settings, "split");
    for (int i = 0; i < run->data.count; i++) {
        struct train_sample *s = &run->data.samples[i];
        if (s->role == ROLE_CONTENT) {
            s->t_begin = MAX(s->t_begin, split);
        } else {
            s->t_end = MIN(s->t_end, split);
        }
        if (s->t_begin >= s->t_end) {
            g_set_error(
                error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                s->role == ROLE_CONTENT
                    ? _("no time step is left to picture %d of %d: content is learned from step %d "
                        "of %d")
                    : _("no time step is left to picture %d of %d: style is learned below step %d "
                        "of %d"),
                i + 1, run->data.count, split, run->schedule.train_steps);
            return false;
        }
    }
    return true;
}

// ---- a run --------------------------------------------------------------------------------------

static bool is_split(const struct settings *s)
{
    return settings_get(s, "mixed") == 0;
}

static bool tailoring_prepare(struct objective_run *run, const struct train_set *set,
                              struct task *task, GError **error)
{
    return train_need_role(run, ROLE_CONTENT, error) && train_need_role(run, ROLE_STYLE, error) &&
           check_pictures(run, error) && (!is_split(run->settings) || divide_steps(run, error));
}

static void tailoring_draw(const struct objective_run *run, struct rng *rng,
                           struct train_batch *batch)
{
    for (int i = 0; i < batch->count; i++) {
        const enum train_role role = i < batch->count / SETS ? ROLE_CONTENT : ROLE_STYLE;
        train_row_draw(run, rng, train_pick(run, rng, role), &batch->rows[i]);
        batch->rows[i].weight *= SETS;
    }
}

static struct node *tailoring_loss(struct objective_run *run, struct graph *g,
                                   const struct loss_nodes *in)
{
    return loss_mean(g, in);
}

static const struct setting tailoring_settings[] = {
    {.key = "split",
     .title = N_("Content from step"),
     .help =
         N_("The time step from which content is learned, up to noise at 1000; style is learned "
            "below it. 900 is said to be the paper's value"),
     .unit = N_("of 1000"),
     .kind = SETTING_INT,
     .min = 1,
     .max = 999,
     .slider_min = 100,
     .slider_max = 999,
     .def = 900,
     .matters = is_split},
    {.key = "mixed",
     .title = N_("Mix both sets"),
     .help = N_(
         "Both are learned at all time steps, as one set would be; then the step counts nothing"),
     .kind = SETTING_SWITCH,
     .level = SETTING_EXPERT,
     .max = 1},
    {0},
};

extern const struct objective style_tailoring_objective;
const struct objective style_tailoring_objective = {
    .name = "style_tailoring",
    .title = N_("Learn a style"),
    .summary =
        N_("Learns from two sets of pictures together: what is shown from the one, in the noisy "
           "steps, how it is drawn from the other, in the rest"),
    .settings = tailoring_settings,
    .level = SETTING_HIDDEN, // it is another kind of project than one photo
    .of_sets = true,
    .rows = tailoring_rows,
    .prepare = tailoring_prepare,
    .draw = tailoring_draw,
    .loss = tailoring_loss,
};
