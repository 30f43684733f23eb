// Orthogonal fine-tuning of other programs: the weights that each file leads to are those that its
// program makes of it (tests/data/rotations), strength 0 is the base, and what is written again is
// the same. Then files that are no rotations.

#include "fixture.h"

#include <math.h>
#include <string.h>

// Parts of a weight's largest number.
#define SAME 1e-5

static struct fixture fx;

static const struct {
    const char *name, *method;
    const char *dialect; // that writes it again; NULL: none does
    bool noted;          // something about it is left open
} files[] = {
    {"peft-exact", "oft", "peft_oft", false},
    {"peft-exact-conv", "orthogonal", "peft_oft", false},
    {"peft-neumann", "orthogonal", "peft_oft", false},
    {"peft-neumann-1", "orthogonal", "peft_oft", false},
    {"peft-neumann-2", "orthogonal", "peft_oft", false},
    {"peft-neumann-3", "orthogonal", "peft_oft", false},
    {"peft-neumann-4", "orthogonal", "peft_oft", false},
    {"peft-neumann-7", "orthogonal", "peft_oft", false},
    {"peft-share", "orthogonal", "peft_oft", false},
    {"peft-coft", "orthogonal", "peft_oft", false},
    {"peft-coft-share", "orthogonal", "peft_oft", false},
    {"peft-text", "orthogonal", "peft_oft", false},
    {"peft-0.17-neumann-2", "orthogonal", "peft_oft", false},
    {"peft-0.17-neumann-3", "orthogonal", NULL, false},
    {"peft-0.17-neumann-5", "orthogonal", NULL, false},
    {"peft-0.15", "orthogonal", NULL, false},
    {"peft-0.15-coft", "orthogonal", "peft_boft", false},
    {"peft-0.15-coft-share", "orthogonal", "peft_boft", false},
    {"peft-0.10", "orthogonal", "lycoris_oft", false},
    {"peft-0.10-odd", "orthogonal", NULL, false},
    {"peft-0.10-coft", "orthogonal", "lycoris_oft", false},
    {"peft-0.10-coft-share", "orthogonal", "lycoris_oft", false},
    {"peft-boft-1", "orthogonal", "peft_boft", false},
    {"peft-boft-2", "orthogonal", "peft_boft", false},
    {"peft-boft-3", "orthogonal", "peft_boft", false},
    {"lycoris-oft", "orthogonal", "lycoris_oft", false},
    {"lycoris-oft-rescaled", "orthogonal", "lycoris_oft", false},
    {"lycoris-boft", "orthogonal", "lycoris_oft", false},
    {"lycoris-boft-rescaled", "orthogonal", "lycoris_oft", false},
    {"lycoris-diag", "orthogonal", "lycoris_oft", true},
    {"lycoris-diag-first", "orthogonal", "lycoris_oft", true},
    {"kohya-oft", "orthogonal", "lycoris_oft", false},
    {"kohya-oft-bound", "orthogonal", "lycoris_oft", false},
    {"onetrainer", "orthogonal", "peft_oft", false},
    {"onetrainer-scaled", "orthogonal", "peft_oft", false},
    {"onetrainer-share", "orthogonal", "peft_oft", false},
    {"official-oft", "oft", "peft_oft", false},
    {"official-oft-unet", "oft", "peft_oft", false},
    {"official-oft-share", "oft", "peft_oft", false},
};

static char *data_file(const char *name, const char *file)
{
    return g_test_build_filename(G_TEST_DIST, "data", "rotations", name, file, NULL);
}

static struct adapter *load(const char *path)
{
    g_autoptr(GError) error = NULL;
    struct adapter *a = adapter_load(path, fx.model, &error);
    g_assert_no_error(error);
    return a;
}

// A weight as a file has it, (O, I, ky, kx), from the engine's (O, ky, kx, I).
static float *read_weight(const struct nn_weight *w)
{
    g_autoptr(GError) error = NULL;
    const int64_t count = shape_count(w->shape);
    g_autofree float *engine = g_new(float, count);
    g_assert_true(tensor_read(w->tensor, engine, &error));
    const int depth = w->shape[3], pixels = w->rank == 4 ? w->shape[1] * w->shape[2] : 1;
    float *out = g_new(float, count);
    for (int64_t i = 0; i < count; i++) {
        const int64_t row = i / (depth * pixels), pixel = i / depth % pixels;
        out[(row * depth + i % depth) * pixels + pixel] = engine[i];
    }
    return out;
}

// The largest difference of the merged weights to those of the file.
static double distance(struct adapter *a, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = data_file(name, "merged.safetensors");
    struct st_file *expected = st_open(path, &error);
    g_assert_no_error(error);
    struct merged_model *m = merged_model_new(fx.model, &error);
    g_assert_true(merged_model_update(m, &a, 1, NULL, &error));
    double worst = 0;
    for (guint i = 0; i < expected->tensors->len; i++) {
        const struct st_tensor *t = expected->tensors->pdata[i];
        const struct nn_part *part = NULL;
        g_assert_nonnull(adapter_layer(fx.model, t->name, &part));
        g_autofree char *weight = g_strconcat(t->name, ".weight", NULL);
        g_autofree float *theirs = g_new(float, t->count);
        g_assert_true(st_read_f32(t, theirs, true, &error));
        g_autofree float *ours =
            read_weight(nn_part_find(nn_part_named(merged_model_parts(m), part->name), weight));
        worst = MAX(worst, fixture_distance(ours, theirs, t->count));
    }
    merged_model_free(m);
    st_free(expected);
    return worst;
}

static void test_references(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = data_file(files[i].name, "adapter_model.safetensors");
        struct adapter *a = load(path);
        const double apart = distance(a, files[i].name);
        g_test_message("%s: %s, %.2g", files[i].name, a->method->name, apart);
        g_assert_cmpstr(a->method->name, ==, files[i].method);
        g_assert_cmpfloat(apart, <, SAME);
        g_assert_cmpuint(a->unmatched->len, ==, 0);
        g_assert_cmpint(a->tensors_applied, ==, a->tensors_total);
        g_assert_cmpint(a->notes->len > 0, ==, files[i].noted);
        adapter_free(a);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_open(&fx, "sd1");
    g_test_add_func("/rotations/references", test_references);
    const int failed = g_test_run();
    fixture_close(&fx);
    return failed;
}
