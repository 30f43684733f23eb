// What the model itself predicts, with what lies beneath and without what is learned: the target of
// rows that are to keep what it knew. Where the noise is the target (Ruiz et al., DreamBooth,
// section 3.2) such rows draw the model towards the few pictures they are of, and most of their
// gradient is the noise's; here it is zero at the start, and only what has changed costs. The idea
// is learning without forgetting (Li and Hoiem, Learning without Forgetting, section 3).
#include "compute/train/private.h"

#include <string.h>

bool prior_build(struct trainer *t, GError **error)
{
    struct train_prior *p = &t->prior;
    const struct train_data *d = &t->run.data;
    const struct model *m = t->model;
    const int n = t->run.kept_rows, tokens = m->text.max_tokens;
    if (n == 0) {
        return true;
    }
    if (!(p->latents = tensor_new(m->gpu, DTYPE_F32, (int[]){n, d->height, d->width, d->channels},
                                  "prior latents", error)) ||
        !(p->time = tensor_new(m->gpu, DTYPE_F32, (int[]){n, 1, 1, m->unet.channels[0]},
                               "prior time", error)) ||
        !(p->text = tensor_new(m->gpu, DTYPE_F32, (int[]){n, 1, tokens, m->text.hidden_size},
                               "prior text", error))) {
        return false;
    }
    if (!(p->beneath = beneath_hook(&t->run, error))) {
        return false;
    }
    p->graph = graph_new();
    struct nn nn = {.g = p->graph,
                    .part = model_part(t->model, MODEL_UNET),
                    .hook = adapter_hook_nn(p->beneath)};
    const struct unet_inputs in = {.latents = graph_leaf(p->graph, p->latents),
                                   .time = graph_leaf(p->graph, p->time),
                                   .text = graph_leaf(p->graph, p->text)};
    p->prediction = unet_build(&nn, &m->unet, &in);
    p->program = program_new(p->graph, m->gpu, &p->prediction, 1, error);
    return p->program != NULL;
}

static bool write_text(struct trainer *t, GError **error)
{
    const size_t floats = (size_t)t->model->text.max_tokens * (size_t)t->model->text.hidden_size;
    const int n = t->run.kept_rows, first = t->batch.count - n;
    g_autofree float *text = g_new(float, (gsize)n *floats);
    for (int i = 0; i < n; i++) {
        const int caption = t->batch.rows[first + i].caption;
        memcpy(text + (size_t)i * floats, t->run.data.captions[caption].embeddings,
               floats * sizeof *text);
    }
    return tensor_write(t->prior.text, text, error);
}

bool prior_predict(struct trainer *t, float *prediction, struct task *task, GError **error)
{
    struct train_prior *p = &t->prior;
    return !p->program ||
           (write_text(t, error) && program_run(p->program, task_cancellable(task), error) &&
            program_read(p->program, p->prediction, prediction, error));
}

void prior_free(struct trainer *t)
{
    struct train_prior *p = &t->prior;
    program_free(p->program);
    graph_free(p->graph);
    adapter_hook_free(p->beneath);
    tensor_free(p->latents);
    tensor_free(p->time);
    tensor_free(p->text);
}
