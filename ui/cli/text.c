#include "ui/cli/cli.h"

#include "compute/file/safetensors.h"

static bool run(struct cli *c, GError **error)
{
    if (!cli_engine(c, error) || !cli_adapters(c, error)) {
        return false;
    }
    const struct text_config *t = &c->engine->model->text;
    g_autofree float *embeddings = g_new(float, (gsize)t->max_tokens * t->hidden_size);
    g_autofree int32_t *ids = g_new(int32_t, t->max_tokens);
    model_tokenize(c->engine->model, c->prompt, ids, NULL, NULL);
    if (!editor_text(c->engine->editor, c->prompt, embeddings, error)) {
        return false;
    }
    struct st_writer *w = st_writer_new();
    st_writer_i32(w, "ids", 2, (int64_t[]){1, t->max_tokens}, ids);
    st_writer_f32(w, "states", 3, (int64_t[]){1, t->max_tokens, t->hidden_size}, embeddings);
    bool ok = st_writer_save(w, c->out, NULL, error);
    st_writer_free(w);
    return ok;
}

const struct cli_command text_command = {
    .name = "text",
    .summary = "Write a prompt's token ids and text embeddings",
    .usage = "",
    .writes = CLI_TENSORS,
    .options = (const char *const[]){"model", "vae", "device", "precision", "prompt", "adapter",
                                     "embedding", "out", NULL},
    .needed = (const char *const[]){"prompt", "out", NULL},
    .run = run,
};
