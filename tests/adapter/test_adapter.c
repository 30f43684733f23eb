// Every method of the table on small models: nothing changes at scale 0, merged weights are what
// factor space computes, files hold what was saved, several adapters act together. Then what
// belongs to one method only.

#include "fixture.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

// Parts of the largest number.
#define ROUNDING 2e-5

static struct fixture fx;

static float *predict_hook(struct adapter *const *adapters, int n, int64_t *count)
{
    g_autoptr(GError) error = NULL;
    struct adapter_hook *hook = adapter_hook_new(adapters, n, -1, fx.gpu, &error);
    g_assert_no_error(error);
    float *y = fixture_predict(&fx, model_part(fx.model, MODEL_UNET), hook, count);
    adapter_hook_free(hook);
    return y;
}

static float *predict_merged(struct adapter *const *adapters, int n, int64_t *count)
{
    g_autoptr(GError) error = NULL;
    struct merged_model *m = merged_model_new(fx.model, &error);
    g_assert_no_error(error);
    g_assert_true(merged_model_update(m, adapters, n, NULL, &error));
    float *y = fixture_predict(&fx, nn_part_named(merged_model_parts(m), MODEL_UNET), NULL, count);
    merged_model_free(m);
    return y;
}

static struct adapter *random_adapter(const char *method, const char *settings, unsigned seed)
{
    struct adapter *a = fixture_adapter(&fx, method, settings);
    fixture_randomize(a, seed, 0.1);
    return a;
}

// Factor space, merged weights and the base model must agree as they should for this list of
// adapters.
static void check_stack(struct adapter *const *adapters, int n)
{
    int64_t count;
    g_autofree float *base = fixture_predict(&fx, model_part(fx.model, MODEL_UNET), NULL, &count);
    g_autofree float *factor = predict_hook(adapters, n, &count),
                     *merged = predict_merged(adapters, n, &count);
    const double change = fixture_distance(factor, base, count);
    const double apart = fixture_distance(factor, merged, count);
    g_test_message("changes the prediction by %.3g, merged differs by %.2g", change, apart);
    g_assert_cmpfloat(change, >, 1e-3);
    g_assert_cmpfloat(apart, <, ROUNDING);
}

static const struct {
    const char *method, *settings;
} methods[] = {
    {"svdiff", ""},
    {"svdiff", "subset=2d"},
    {"svdiff", "rank=3"},
    {"svdiff", "subset=1d"},
    {"oft", "block_size=4"},
    {"oft", "blocks=2"},
    {"coft", "eps=0.01"},
    {"oft", "targets=attention+ff+proj"},
    {"lora", ""},
    {"lora", "rank=2 targets=attention+ff+proj"},
    {"full", ""},
    {"full", "layers=cross_attention"},
};

static void test_scale_zero(void)
{
    int64_t count;
    g_autofree float *base = fixture_predict(&fx, model_part(fx.model, MODEL_UNET), NULL, &count);
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        struct adapter *a = random_adapter(methods[i].method, methods[i].settings, 1);
        a->scale = 0;
        g_autofree float *factor = predict_hook(&a, 1, &count),
                         *merged = predict_merged(&a, 1, &count);
        g_test_message("%s %s: %.2g", methods[i].method, methods[i].settings,
                       fixture_distance(factor, base, count));
        g_assert_cmpfloat(fixture_distance(factor, base, count), <, ROUNDING);
        g_assert_cmpmem(merged, (size_t)count * 4, base, (size_t)count * 4);
        adapter_free(a);
    }
}

static void test_merged(void)
{
    static const double scales[] = {0.3, 1, 1.7, -0.5};
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        struct adapter *a = random_adapter(methods[i].method, methods[i].settings, 2);
        for (size_t k = 0; k < G_N_ELEMENTS(scales); k++) {
            a->scale = scales[k];
            check_stack(&a, 1);
        }
        adapter_free(a);
    }
}

static void test_two_at_once(void)
{
    static const char *const pairs[][2] = {{"svdiff", "oft"},    {"oft", "svdiff"}, {"oft", "coft"},
                                           {"svdiff", "svdiff"}, {"oft", "oft"},    {"lora", "oft"},
                                           {"svdiff", "lora"}};
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        struct adapter *stack[] = {random_adapter(pairs[i][0], "", 3),
                                   random_adapter(pairs[i][1], "", 4)};
        stack[0]->scale = 0.7;
        check_stack(stack, 2);
        adapter_free(stack[0]);
        adapter_free(stack[1]);
    }
    // A short adapter on top of a full one: the missing shifts are zeros.
    struct adapter *ranks[] = {random_adapter("svdiff", "rank=3", 5),
                               random_adapter("svdiff", "", 6)};
    check_stack(ranks, 2);
    adapter_free(ranks[0]);
    adapter_free(ranks[1]);
}

// sigma' = relu(sigma + d1 + d2): adding is done inside the ReLU.
static void test_shifts_add(void)
{
    struct adapter *parts[] = {random_adapter("svdiff", "", 7), random_adapter("svdiff", "", 8)};
    struct adapter *sum = fixture_adapter(&fx, "svdiff", "");
    for (guint i = 0; i < sum->params->len; i++) {
        struct adapter_param *p = sum->params->pdata[i], *a = parts[0]->params->pdata[i],
                             *b = parts[1]->params->pdata[i];
        for (int k = 0; k < p->count; k++) {
            a->value[k] *= 20; // far enough that many values reach zero
            p->value[k] = a->value[k] + b->value[k];
        }
    }
    int64_t count;
    g_autofree float *both = predict_hook(parts, 2, &count), *one = predict_hook(&sum, 1, &count);
    g_assert_cmpfloat(fixture_distance(both, one, count), <, ROUNDING);
    adapter_free(parts[0]);
    adapter_free(parts[1]);
    adapter_free(sum);
}

static void test_switch_and_slider(void)
{
    g_autoptr(GError) error = NULL;
    int64_t count;
    struct adapter *a = random_adapter("svdiff", "", 9);
    struct merged_model *m = merged_model_new(fx.model, &error);
    g_autofree float *base = fixture_predict(&fx, model_part(fx.model, MODEL_UNET), NULL, &count);
    g_assert_true(merged_model_update(m, &a, 1, NULL, &error));
    const unsigned layout = merged_model_layout(m);
    a->scale = 0.4;
    g_assert_true(merged_model_update(m, &a, 1, NULL, &error));
    g_autofree float *weaker =
        fixture_predict(&fx, nn_part_named(merged_model_parts(m), MODEL_UNET), NULL, &count);
    g_autofree float *expected = predict_hook(&a, 1, &count);
    g_assert_cmpfloat(fixture_distance(weaker, expected, count), <, ROUNDING);

    a->enabled = false;
    g_autofree float *off = predict_hook(&a, 1, &count);
    g_assert_cmpfloat(fixture_distance(off, base, count), <, ROUNDING);
    g_assert_true(merged_model_update(m, &a, 1, NULL, &error));
    g_autofree float *restored =
        fixture_predict(&fx, nn_part_named(merged_model_parts(m), MODEL_UNET), NULL, &count);
    g_assert_cmpmem(restored, (size_t)count * 4, base, (size_t)count * 4);
    g_assert_cmpuint(merged_model_layout(m), ==, layout);
    merged_model_free(m);
    adapter_free(a);
}

// ---- files --------------------------------------------------------------------------------------

static void assert_same(const struct adapter *a, const struct adapter *b)
{
    g_assert_true(a->method == b->method);
    g_assert_cmpuint(a->params->len, ==, b->params->len);
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i], *q = NULL;
        for (guint k = 0; k < b->params->len; k++) {
            q = b->params->pdata[k];
            if (q->weight == p->weight) {
                break;
            }
        }
        g_assert_true(q && q->weight == p->weight);
        g_assert_cmpmem(p->value, (size_t)p->count * 4, q->value, (size_t)q->count * 4);
    }
}

static void test_save_load(void)
{
    g_autoptr(GError) error = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        struct adapter *a = random_adapter(methods[i].method, methods[i].settings, 10);
        g_hash_table_insert(a->metadata, g_strdup("tincture.prompt"),
                            g_strdup("a dog, \"quoted\""));
        for (int single = 0; single < 2; single++) {
            g_autofree char *name = g_strdup_printf("saved-%zu%s", i, single ? ".safetensors" : "");
            g_autofree char *path = fixture_file(&fx, name);
            g_assert_true(adapter_save(a, path, NULL, &error));
            g_assert_no_error(error);
            struct adapter *b = adapter_load(path, fx.model, &error);
            g_assert_no_error(error);
            assert_same(a, b);
            g_assert_cmpint(b->tensors_applied, ==, b->tensors_total);
            g_assert_cmpuint(b->unmatched->len, ==, 0);
            g_assert_cmpstr(g_hash_table_lookup(b->metadata, "tincture.prompt"), ==,
                            "a dog, \"quoted\"");
            g_assert_true(settings_equal(a->settings, b->settings));
            GHashTableIter iter;
            gpointer value;
            g_hash_table_iter_init(&iter, b->metadata);
            while (g_hash_table_iter_next(&iter, NULL, &value)) {
                g_assert_false(g_path_is_absolute(value)); // nothing of this machine
            }
            adapter_free(b);
        }
        adapter_free(a);
    }
}

// What no one knows of an adapter is not among what its file says: how one was learned that was put
// together or brought near, and what the file of another program did not say.
static void test_says_what_is_known(void)
{
    static const char *const ways[] = {"learned", "near", "combined", "copied"};
    static const char *const said[][4] = {
        {"tincture.setting.steps", "tincture.setting.subset", "ss_network_dim", "tincture.method"},
        {NULL, NULL, "2", "lora"},
        {NULL, "ca", NULL, "svdiff"},
        {NULL, NULL, "2", "lora"},
    };
    g_autoptr(GError) error = NULL;
    struct adapter_written w;
    struct adapter *a = random_adapter("svdiff", "subset=ca steps=321", 4);
    struct adapter *twice[] = {a, a};
    struct adapter *files[G_N_ELEMENTS(ways)];
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autofree char *name = g_strdup_printf("known-%s.safetensors", ways[i]);
        g_autofree char *path = fixture_file(&fx, name);
        struct adapter *both = i == 2 ? adapter_combined(twice, 2, NULL, &error) : NULL;
        if (i == 3) { // as another program would write it
            g_hash_table_remove_all(files[1]->metadata);
        }
        g_assert_true(
            i == 1   ? adapter_export(a, "kohya", 2, path, &w, NULL, NULL, NULL, &error)
            : i == 3 ? adapter_export(files[1], "diffusers", 0, path, &w, NULL, NULL, NULL, &error)
                     : adapter_save(both ? both : a, path, NULL, &error));
        g_assert_no_error(error);
        files[i] = adapter_load(path, fx.model, &error);
        g_assert_no_error(error);
        GHashTable *m = files[i]->metadata;
        for (int k = 0; i > 0 && k < 4; k++) {
            g_assert_cmpstr(g_hash_table_lookup(m, said[0][k]), ==, said[i][k]);
        }
        const char *args = g_hash_table_lookup(m, "ss_network_args");
        g_assert_true(!args || (strstr(args, "\"steps\"") != NULL) == (i == 0));
        g_assert_true(g_hash_table_contains(m, "modelspec.architecture") == (i < 3));
        adapter_free(both);
    }
    g_assert_cmpstr(g_hash_table_lookup(files[0]->metadata, said[0][0]), ==, "321");
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        adapter_free(files[i]);
    }
    adapter_free(a);
}

static void test_save_text_encoder(void)
{
    g_autoptr(GError) error = NULL;
    struct adapter *a = random_adapter("svdiff", "text_encoder=on", 11);
    g_autofree char *folder = fixture_file(&fx, "with-text");
    g_autofree char *first = g_build_filename(folder, "spectral_shifts.safetensors", NULL);
    g_autofree char *second = g_build_filename(folder, "spectral_shifts_te.safetensors", NULL);
    g_autofree char *single = fixture_file(&fx, "with-text.safetensors");
    g_assert_true(adapter_save(a, folder, NULL, &error));
    g_assert_true(adapter_save(a, single, NULL, &error));
    g_assert_true(g_file_test(second, G_FILE_TEST_EXISTS));
    const char *const paths[] = {folder, first,
                                 single}; // the first file finds the second beside it
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        struct adapter *b = adapter_load(paths[i], fx.model, &error);
        g_assert_no_error(error);
        assert_same(a, b);
        adapter_free(b);
    }
    adapter_free(a);
}

// A folder holds the adapter that was saved last and nothing of those before, whatever they were;
// another program's is left alone, and the save refused before anything is written.
static void test_save_over(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = fixture_file(&fx, "again");
    static const char *const order[][2] = {{"svdiff", "text_encoder=on"},
                                           {"svdiff", "subset=2d"},
                                           {"oft", "block_size=4"},
                                           {"lora", ""},
                                           {"svdiff", ""}};
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        struct adapter *a = random_adapter(order[i][0], order[i][1], 17);
        adapter_save(a, folder, NULL, &error);
        g_assert_no_error(error);
        struct adapter *b = adapter_load(folder, fx.model, &error);
        g_assert_no_error(error);
        assert_same(a, b);
        g_assert_cmpint(b->tensors_applied, ==, b->tensors_total);
        adapter_free(a);
        adapter_free(b);
    }

    g_autofree char *foreign = g_build_filename(folder, "pytorch_lora_weights.safetensors", NULL);
    g_autofree char *shifts = g_build_filename(folder, "spectral_shifts.safetensors", NULL);
    g_assert_cmpint(g_unlink(shifts), ==, 0);
    struct st_writer *w = st_writer_new();
    st_writer_f32(w, "unet.somewhere.lora_A.weight", 1, (int64_t[]){1}, (float[]){1});
    g_assert_true(st_writer_save(w, foreign, NULL, &error));
    st_writer_free(w);
    struct adapter *a = random_adapter("svdiff", "", 18);
    g_assert_false(adapter_save(a, folder, NULL, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE);
    g_assert_true(g_file_test(foreign, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(shifts, G_FILE_TEST_EXISTS));
    adapter_free(a);
}

// An adapter that names another model is loaded if its numbers fit, with a note that says so.
static void test_other_base(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *own = fixture_file(&fx, "own.safetensors"),
                    *other = fixture_file(&fx, "other-base.safetensors");
    struct adapter *a = random_adapter("svdiff", "subset=mid-ca", 22);
    g_assert_true(adapter_save(a, own, NULL, &error));
    struct adapter *b = adapter_load(own, fx.model, &error);
    g_assert_no_error(error);
    g_assert_false(b->other_base);
    struct st_writer *w = st_writer_new();
    st_writer_meta(w, "tincture.base_model_hash", "0123456789abcdef");
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        g_autofree char *name = g_strconcat(p->path, ".delta", NULL);
        st_writer_f32(w, name, 1, (int64_t[]){p->count}, p->value);
    }
    g_assert_true(st_writer_save(w, other, NULL, &error));
    st_writer_free(w);
    struct adapter *c = adapter_load(other, fx.model, &error);
    g_assert_no_error(error);
    g_autofree char *remark = adapter_remark(c);
    g_assert_true(g_str_has_prefix(remark, "it was learned on another model than "));
    g_assert_true(c->other_base);
    assert_same(a, c);
    adapter_free(a);
    adapter_free(b);
    adapter_free(c);
}

// The file that says how to read the tensors is written last: a save that fails leaves it as it
// was.
static void test_config_last(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = fixture_file(&fx, "half-saved");
    g_autofree char *tensors = g_build_filename(folder, "adapter_model.safetensors", NULL);
    g_autofree char *config = g_build_filename(folder, "adapter_config.json", NULL);
    struct adapter *a = random_adapter("oft", "block_size=4", 19);
    g_assert_cmpint(g_mkdir_with_parents(tensors, 0755), ==, 0); // a folder in the file's place
    g_assert_false(adapter_save(a, folder, NULL, &error));
    g_assert_nonnull(error);
    g_assert_false(g_file_test(config, G_FILE_TEST_EXISTS));
    adapter_free(a);
}

// Beside a file that does not say how it was written may lie any configuration.
static void test_hostile_config(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = fixture_file(&fx, "hostile");
    g_autofree char *path = g_build_filename(folder, "a.safetensors", NULL);
    g_autofree char *config = g_build_filename(folder, "adapter_config.json", NULL);
    g_autofree char *brackets = g_strnfill(3000000, '[');
    g_assert_cmpint(g_mkdir(folder, 0755), ==, 0);
    g_assert_true(g_file_set_contents(config, brackets, -1, &error));
    struct st_writer *w = st_writer_new();
    st_writer_f32(w, "nowhere_oft.R", 2, (int64_t[]){1, 1}, (float[]){1});
    g_assert_true(st_writer_save(w, path, NULL, &error));
    st_writer_free(w);
    g_assert_null(adapter_load(path, fx.model, &error));
    g_assert_nonnull(error);
}

static void test_refuse(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = fixture_file(&fx, "nothing.safetensors");
    struct adapter *a = fixture_adapter(&fx, "svdiff", "");
    g_assert_false(adapter_save(a, path, NULL, &error)); // untrained
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC);
    g_clear_error(&error);
    adapter_free(a);
    g_assert_null(adapter_load(path, fx.model, &error));
    g_assert_nonnull(error);
    g_clear_error(&error);

    struct st_writer *w = st_writer_new();
    st_writer_f32(w, "nowhere.delta", 1, (int64_t[]){3}, (float[]){1, 2, 3});
    const float many[500] = {1};
    st_writer_f32(w, "conv_in.delta", 1, (int64_t[]){500}, many); // not this model's
    g_assert_true(st_writer_save(w, path, NULL, &error));
    st_writer_free(w);
    g_assert_null(adapter_load(path, fx.model, &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH);
}

static void write_triangle(struct st_writer *w, const char *name, int rows, float value)
{
    g_autofree float *data = g_new(float, rows);
    for (int i = 0; i < rows; i++) {
        data[i] = value;
    }
    st_writer_f32(w, name, 2, (int64_t[]){rows, 1}, data);
}

// Names that hold a prefix and a suffix but no layer between them.
static void test_empty_names(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = fixture_file(&fx, "empty-names.safetensors");
    static const char *const names[] = {"base_model.model.oft_R.weight", ".oft_R.weight",
                                        "base_model.model..oft_R.weight", "_oft.R",
                                        ".processor._oft.R"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct st_writer *w = st_writer_new();
        write_triangle(w, names[i], 1, 1);
        g_assert_true(st_writer_save(w, path, NULL, &error));
        st_writer_free(w);
        g_assert_null(adapter_load(path, fx.model, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH);
        g_clear_error(&error);
    }
}

// The adapter of a file that names one layer twice: one parameter, the other tensor fits nothing,
// and it can be saved, prepared and freed.
static void check_layer_once(struct st_writer *w, const char *left_out)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = fixture_file(&fx, "twice.safetensors");
    g_autofree char *saved = fixture_file(&fx, "once.safetensors");
    g_assert_true(st_writer_save(w, path, NULL, &error));
    st_writer_free(w);
    struct adapter *a = adapter_load(path, fx.model, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(a->params->len, ==, 1);
    g_assert_cmpuint(a->unmatched->len, ==, 1);
    g_assert_cmpstr(a->unmatched->pdata[0], ==, left_out);
    g_assert_true(adapter_save(a, saved, NULL, &error));
    check_stack(&a, 1);
    adapter_free(a);
}

static void test_layer_twice(void)
{
    g_autoptr(GError) error = NULL;
    const struct nn_part *part;
    const char *layer = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q";
    const struct nn_weight *q = adapter_layer(fx.model, layer, &part);
    g_autofree char *peft = g_strconcat("base_model.model.", layer, ".oft_R.weight", NULL);
    g_autofree char *bare = g_strconcat(layer, ".oft_R.weight", NULL);
    struct st_writer *w = st_writer_new();
    st_writer_meta(w, "tincture.method", "oft"); // exact, so that it can be learned further
    write_triangle(w, peft, q->shape[3] / 2, 0.3f);
    write_triangle(w, bare, q->shape[3] / 2, 0.5f);
    check_layer_once(w, bare);

    // A prefix of the text encoder leads to no layer of the image network, a missing one to its
    // own.
    struct adapter *a = random_adapter("svdiff", "text_encoder=on", 20);
    const struct adapter_param *conv = a->params->pdata[0], *text = a->params->pdata[0];
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        conv = g_str_equal(p->path, "conv_in") ? p : conv;
        text = g_str_equal(p->path, "text_model.final_layer_norm") ? p : text;
    }
    w = st_writer_new();
    st_writer_f32(w, "conv_in.delta", 1, (int64_t[]){conv->count}, conv->value);
    st_writer_f32(w, "text_model.conv_in.delta", 1, (int64_t[]){conv->count}, conv->value);
    check_layer_once(w, "text_model.conv_in.delta");
    g_autofree char *path = fixture_file(&fx, "text-twice.safetensors");
    w = st_writer_new();
    st_writer_f32(w, "final_layer_norm.delta", 1, (int64_t[]){text->count}, text->value);
    st_writer_f32(w, "text_model.final_layer_norm.delta", 1, (int64_t[]){text->count}, text->value);
    g_assert_true(st_writer_save(w, path, NULL, &error));
    st_writer_free(w);
    struct adapter *b = adapter_load(path, fx.model, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(b->params->len, ==, 1);
    g_assert_cmpuint(b->unmatched->len, ==, 1);
    g_assert_cmpstr(((struct adapter_param *)b->params->pdata[0])->path, ==,
                    "text_model.final_layer_norm");
    adapter_free(a);
    adapter_free(b);
}

// ---- one method only ----------------------------------------------------------------------------

// A file of the widely used re-implementation: one number for a norm. w' = w relu(|w| + delta) /
// |w|.
static void test_scalar_norms(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = fixture_file(&fx, "scalar.safetensors");
    struct st_writer *w = st_writer_new();
    st_writer_f32(w, "conv_norm_out.delta", 1, (int64_t[]){1}, (float[]){0.7f});
    st_writer_f32(w, "elsewhere.delta", 1, (int64_t[]){1}, (float[]){0.7f});
    g_assert_true(st_writer_save(w, path, NULL, &error));
    st_writer_free(w);
    struct adapter *a = adapter_load(path, fx.model, &error);
    g_assert_no_error(error);
    g_assert_cmpint(a->tensors_applied, ==, 1);
    g_assert_cmpint(a->tensors_total, ==, 2);
    g_assert_cmpstr(a->unmatched->pdata[0], ==, "elsewhere.delta");
    check_stack(&a, 1);

    const struct adapter_param *p = a->params->pdata[0];
    const int n = p->weight->shape[3];
    g_autofree float *before = g_new(float, n), *after = g_new(float, n);
    g_assert_true(tensor_read(p->weight->tensor, before, &error));
    memcpy(after, before, (size_t)n * sizeof *after);
    double scale = 1, norm = 0;
    g_assert_true(a->method->merge(&p, &scale, 1, NULL, after, &error));
    for (int i = 0; i < n; i++) {
        norm += (double)before[i] * before[i];
    }
    for (int i = 0; i < n; i++) {
        g_assert_cmpfloat(fabs(after[i] - before[i] * (1 + 0.7 / sqrt(norm))), <, 1e-5);
    }
    adapter_free(a);
}

// Row lengths and angles between rows do not change at any strength: W' W'^T = W W^T, so R R^T = I.
static void test_rotation_is_one(void)
{
    g_autoptr(GError) error = NULL;
    static const double scales[] = {0.3, 1, 1.7};
    struct adapter *a = random_adapter("oft", "blocks=1", 12);
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        const int n = p->weight->shape[3];
        g_autofree float *r = g_new(float, n *n);
        struct adapter_param eye = *p; // the identity in the weight's place gives R^T
        struct nn_weight square = {.name = p->weight->name, .shape = {1, 1, n, n}, .rank = 2};
        eye.weight = &square;
        const struct adapter_param *eye_param = &eye;
        for (size_t k = 0; k < G_N_ELEMENTS(scales); k++) {
            memset(r, 0, (size_t)(n * n) * sizeof *r);
            for (int d = 0; d < n; d++) {
                r[d * n + d] = 1;
            }
            g_assert_true(a->method->merge(&eye_param, &scales[k], 1, NULL, r, &error));
            for (int x = 0; x < n; x++) {
                for (int y = 0; y < n; y++) {
                    double dot = 0;
                    for (int d = 0; d < n; d++) {
                        dot += (double)r[x * n + d] * r[y * n + d];
                    }
                    g_assert_cmpfloat(fabs(dot - (x == y)), <, 1e-5);
                }
            }
        }
    }
    adapter_free(a);
}

// The bound epsilon b^2 / sqrt(blocks) on each block's norm; what is inside stays as it is.
static void test_projection(void)
{
    struct adapter *a = random_adapter("coft", "blocks=2 eps=0.001", 13);
    for (int round = 0; round < 2; round++) {
        a->method->project(a);
        for (guint i = 0; i < a->params->len; i++) {
            const struct adapter_param *p = a->params->pdata[i];
            const int blocks = p->shape[2], b = p->weight->shape[3] / blocks;
            const double bound = 0.001 * b * b / sqrt(blocks);
            for (int j = 0; j < blocks; j++) {
                double sum = 0;
                for (int k = 0; k < p->shape[3]; k++) {
                    sum +=
                        2 * (double)p->value[j * p->shape[3] + k] * p->value[j * p->shape[3] + k];
                }
                g_assert_cmpfloat(fabs(sqrt(sum) - bound * (round ? 0.5 : 1)), <, 1e-5);
            }
        }
        for (guint i = 0; i < a->params->len; i++) { // half the bound: must not be touched
            struct adapter_param *p = a->params->pdata[i];
            for (int k = 0; k < p->count; k++) {
                p->value[k] *= 0.5f;
            }
        }
    }
    adapter_free(a);
}

// The official code's full squares, S = (D - D^T) / 2, of every layer that has one.
static void test_squares(void)
{
    g_autoptr(GError) error = NULL;
    struct adapter *ours = random_adapter("oft", "blocks=2", 14);
    g_autofree char *squares = fixture_file(&fx, "squares.safetensors");
    struct st_writer *w = st_writer_new();
    for (guint i = 0; i < ours->params->len; i++) {
        const struct adapter_param *p = ours->params->pdata[i];
        const int n = p->shape[2], b = p->weight->shape[3] / n;
        g_autofree float *d = g_new0(float, n *b *b);
        for (int j = 0, k = 0; j < n; j++) {
            for (int x = 0; x < b; x++) {
                d[(j * b + x) * b + x] = 9; // the symmetric part means nothing
                for (int y = x + 1; y < b; y++, k++) {
                    d[(j * b + x) * b + y] = 2 * p->value[k] + 1;
                    d[(j * b + y) * b + x] = 1;
                }
            }
        }
        g_autofree char *attention =
            g_strndup(p->path, (size_t)(strstr(p->path, ".to_") - p->path));
        const char *projection = strstr(p->path, ".to_") + 1;
        g_autofree char *name =
            g_strdup_printf("%s.processor.%.*s_oft.R", attention,
                            g_str_has_prefix(projection, "to_out") ? 6 : 4, projection);
        st_writer_f32(w, name, 3, (int64_t[]){n, b, b}, d);
    }
    g_assert_true(st_writer_save(w, squares, NULL, &error));
    st_writer_free(w);
    struct adapter *theirs = adapter_load(squares, fx.model, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(theirs->params->len, ==, ours->params->len);
    int64_t count;
    g_autofree float *a = predict_hook(&ours, 1, &count), *b = predict_hook(&theirs, 1, &count);
    g_assert_cmpfloat(fixture_distance(a, b, count), <, ROUNDING);
    adapter_free(theirs);
    adapter_free(ours);
}

// The names of widely shared files: dots flattened, alpha apart. alpha / rank belongs to the
// update.
static void test_flat_names(void)
{
    g_autoptr(GError) error = NULL;
    struct adapter *ours = random_adapter("lora", "rank=2", 16);
    g_autofree char *path = fixture_file(&fx, "flat.safetensors");
    struct st_writer *w = st_writer_new();
    for (guint i = 0; i < ours->params->len; i++) {
        struct adapter_param *p = ours->params->pdata[i];
        const int in = p->weight->shape[3], out = p->weight->shape[2], n = 2 * in;
        g_autofree char *flat = g_strdelimit(g_strdup(p->path), ".", '_');
        g_autofree char *down = g_strdup_printf("lora_unet_%s.lora_down.weight", flat);
        g_autofree char *up = g_strdup_printf("lora_unet_%s.lora_up.weight", flat);
        g_autofree char *alpha = g_strdup_printf("lora_unet_%s.alpha", flat);
        st_writer_f32(w, down, 2, (int64_t[]){2, in}, p->value);
        st_writer_f32(w, up, 2, (int64_t[]){out, 2}, p->value + n);
        st_writer_f32(w, alpha, 0, NULL, &(float){1});
        for (int k = n; k < p->count; k++) {
            p->value[k] *= 0.5f;
        }
    }
    g_assert_true(st_writer_save(w, path, NULL, &error));
    st_writer_free(w);
    struct adapter *theirs = adapter_load(path, fx.model, &error);
    g_assert_no_error(error);
    assert_same(ours, theirs);
    g_assert_cmpint(theirs->tensors_applied, ==, theirs->tensors_total);
    adapter_free(ours);
    adapter_free(theirs);
}

// Writes every tensor of a file as zeros.
static void blank(const char *path)
{
    g_autoptr(GError) error = NULL;
    struct st_file *f = st_open(path, &error);
    g_assert_no_error(error);
    struct st_writer *w = st_writer_new();
    for (guint i = 0; i < f->tensors->len; i++) {
        const struct st_tensor *t = f->tensors->pdata[i];
        g_autofree float *zeros = g_new0(float, t->count);
        st_writer_f32(w, t->name, t->rank, t->shape, zeros);
    }
    st_free(f);
    g_assert_true(st_writer_save(w, path, NULL, &error));
    st_writer_free(w);
}

// Damaged decompositions in the cache are noticed and made again: numbers that do not fit, and no
// file at all.
static void test_cache(void)
{
    g_autoptr(GError) error = NULL;
    int64_t count;
    struct adapter *a = random_adapter("svdiff", "subset=2d", 15);
    g_autofree float *first = predict_hook(&a, 1, &count);
    const char *hash = model_hash(fx.model, MODEL_UNET, NULL, &error);
    g_autofree char *folder =
        g_build_filename(g_get_user_cache_dir(), "tincture", "svd", hash, NULL);
    for (int broken = 0; broken < 2; broken++) {
        GDir *dir = g_dir_open(folder, 0, &error);
        g_assert_no_error(error);
        int damaged = 0;
        for (const char *name; (name = g_dir_read_name(dir)); damaged++) {
            g_autofree char *file = g_build_filename(folder, name, NULL);
            if (broken) {
                g_assert_true(g_file_set_contents(file, "broken", -1, &error));
            } else {
                blank(file);
            }
        }
        g_dir_close(dir);
        g_assert_cmpint(damaged, >, 0);
        adapter_release(a);
        g_autofree float *again = predict_hook(&a, 1, &count);
        g_assert_cmpfloat(fixture_distance(again, first, count), <, ROUNDING);
    }
    adapter_free(a);
}

// Merging keeps its decompositions as preparing does: together, not a file a weight.
static void test_merge_packs(void)
{
    g_autoptr(GError) error = NULL;
    const char *hash = model_hash(fx.model, MODEL_UNET, NULL, &error);
    g_autofree char *folder =
        g_build_filename(g_get_user_cache_dir(), "tincture", "svd", hash, NULL);
    GDir *dir = g_dir_open(folder, 0, &error);
    g_assert_no_error(error);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *file = g_build_filename(folder, name, NULL);
        g_assert_cmpint(g_unlink(file), ==, 0);
    }
    g_dir_rewind(dir);
    struct adapter *a = random_adapter("svdiff", "subset=2d", 21);
    g_assert_cmpuint(a->params->len, >, 1);
    int64_t count;
    g_free(predict_merged(&a, 1, &count));
    int packs = 0;
    while (g_dir_read_name(dir)) {
        packs++;
    }
    g_dir_close(dir);
    g_assert_cmpint(packs, ==, 1);
    adapter_free(a);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_open(&fx, "sd1");
    g_test_add_func("/adapter/scale-zero", test_scale_zero);
    g_test_add_func("/adapter/merged", test_merged);
    g_test_add_func("/adapter/two-at-once", test_two_at_once);
    g_test_add_func("/adapter/shifts-add", test_shifts_add);
    g_test_add_func("/adapter/switch-and-slider", test_switch_and_slider);
    g_test_add_func("/adapter/save-load", test_save_load);
    g_test_add_func("/adapter/says-what-is-known", test_says_what_is_known);
    g_test_add_func("/adapter/save-text-encoder", test_save_text_encoder);
    g_test_add_func("/adapter/save-over", test_save_over);
    g_test_add_func("/adapter/other-base", test_other_base);
    g_test_add_func("/adapter/config-last", test_config_last);
    g_test_add_func("/adapter/hostile-config", test_hostile_config);
    g_test_add_func("/adapter/refuse", test_refuse);
    g_test_add_func("/adapter/empty-names", test_empty_names);
    g_test_add_func("/adapter/layer-twice", test_layer_twice);
    g_test_add_func("/adapter/scalar-norms", test_scalar_norms);
    g_test_add_func("/adapter/rotation", test_rotation_is_one);
    g_test_add_func("/adapter/projection", test_projection);
    g_test_add_func("/adapter/squares", test_squares);
    g_test_add_func("/adapter/flat-names", test_flat_names);
    g_test_add_func("/adapter/cache", test_cache);
    g_test_add_func("/adapter/merge-packs", test_merge_packs);
    const int failed = g_test_run();
    fixture_close(&fx);
    return failed;
}
