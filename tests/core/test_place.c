// Where an edit is made: mask and region of the document in the session, and that the command line
// makes the same pixels of them.
#include "tests/core/session_fixture.h"

#include "render/file.h"

#include <string.h>

static const char *cli; // path of tincture-cli

static const struct image_region part = {60, 90, 380, 300};

static struct mask *make_mask(void)
{
    const float path[] = {150, 200, 330.5f, 290, 250, 400}, corners[] = {200, 330, 300, 360};
    struct mask *stroke = mask_with(
        NULL, &(struct mask_step){
                  .kind = MASK_BRUSH, .size = 90, .softness = 0.6f, .count = 3, .points = path});
    struct mask *m = mask_with(
        stroke,
        &(struct mask_step){.kind = MASK_RECTANGLE, .erase = true, .count = 2, .points = corners});
    mask_unref(stroke);
    return m;
}

static bool has_result(struct fixture *f)
{
    return job_kind(f) == NULL && f->project->result != NULL;
}

static void begin(struct fixture *f)
{
    fixture_begin(f);
    fixture_open(f);
    fixture_photo(f);
    tincture_project_set_source_prompt(f->project, "a red apple");
    tincture_project_set_seed(f->project, 5);
    tincture_project_set_prompt(f->project, "a green apple");
}

static struct image *load(const char *path)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    g_autoptr(GError) error = NULL;
    struct image *image = image_load(file, NULL, &error);
    g_assert_no_error(error);
    return image;
}

static struct image *export(struct fixture *f)
{
    g_autofree char *path = g_build_filename(f->dir, "session.png", NULL);
    fixture_export(f->session, path, false, 0, 8);
    wait_idle(f);
    return load(path);
}

// ---- the same pixels ----------------------------------------------------------------------------

// A mask as any program would have it: a gray picture.
static char *save_mask(struct fixture *f, const struct raster *mask)
{
    char *path = g_build_filename(f->dir, "mask.png", NULL);
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image *image = image_new(mask->width, mask->height, false, NULL);
    for (gsize i = 0; i < (gsize)mask->width * mask->height; i++) {
        for (int c = 0; c < 3; c++) {
            image->rgb[3 * i + c] = (float)mask->values[i] / 255.0f;
        }
    }
    g_assert_true(image_save(image, file, &(struct image_save_params){.bits = 8}, NULL));
    image_free(image);
    return path;
}

static struct image *edit_by_cli(struct fixture *f, const char *mask)
{
    g_autofree char *photo = sample_path("apple.png");
    g_autofree char *out = g_build_filename(f->dir, "cli.png", NULL);
    g_autofree char *region =
        g_strdup_printf("%d,%d,%d,%d", part.x, part.y, part.width, part.height);
    const char *const argv[] = {
        cli,           "edit",  "--image", photo,      "--mask",        mask,     "--source-prompt",
        "a red apple", "--out", out,       "--prompt", "a green apple", "--seed", "5",
        "--steps",     "4",     "--bits",  "8",        "--region",      region,   NULL};
    g_autoptr(GError) error = NULL;
    int status = 0;
    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status,
                 &error);
    g_assert_no_error(error);
    g_assert_cmpint(status, ==, 0);
    return load(out);
}

static bool has_closeup(struct fixture *f)
{
    return f->project->closeup.after.rgba != NULL;
}

// The piece that the window shows in the photo's own pixels is that piece of the export.
static void check_closeup(struct fixture *f, const struct image *exported)
{
    const struct image_region piece = {120, 150, 200, 160};
    g_autofree uint8_t *rgba = g_new(uint8_t, (gsize)4 * piece.width * piece.height);
    live_want_closeup(f->session->live, f->project, &piece);
    wait_until(f, has_closeup, "the closeup is there");
    struct image *cut = image_crop(exported, piece.x, piece.y, piece.width, piece.height, NULL);
    image_to_rgba8(cut, rgba);
    const uint8_t *shown = g_bytes_get_data(f->project->closeup.after.rgba, NULL);
    for (int i = 0; i < 4 * piece.width * piece.height; i++) {
        g_assert_cmpint(ABS(shown[i] - rgba[i]), <=, 2); // a step or two where tiles meet
    }
    image_free(cut);
}

static void test_same_pixels(void)
{
    struct fixture f;
    begin(&f);
    struct mask *mask = make_mask();
    tincture_project_set_region(f.project, &part);
    tincture_project_set_mask(f.project, mask);
    wait_until(&f, has_result, "there is a result");
    wait_idle(&f);
    g_assert_true(mask_equal(f.project->result->document.mask, mask));
    struct mask_painter *p = mask_painter_new(f.project->photo->full, NULL);
    g_assert_true(mask_painter_show(p, mask, NULL, NULL, NULL));
    g_autofree char *file = save_mask(&f, mask_painter_raster(p));
    struct image *ours = export(&f), *theirs = edit_by_cli(&f, file);
    const gsize count = (gsize)ours->width * ours->height;
    g_assert_cmpmem(ours->rgb, count * 12, theirs->rgb, count * 12);
    int changed = 0;
    for (gsize i = 0; i < count; i++) {
        const bool same = memcmp(ours->rgb + 3 * i, f.project->photo->full->rgb + 3 * i, 12) == 0;
        g_assert_true(same || mask_painter_raster(p)->values[i]);
        changed += !same;
    }
    g_assert_cmpint(changed, >, 1000);
    check_closeup(&f, ours);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    image_free(ours);
    image_free(theirs);
    mask_painter_free(p);
    mask_unref(mask);
    fixture_end(&f);
}

// ---- as a part of the document ------------------------------------------------------------------

static bool one_result(struct fixture *f)
{
    return job_kind(f) == NULL && tincture_project_n_results(f->project) == 1;
}

static bool two_results(struct fixture *f)
{
    return job_kind(f) == NULL && tincture_project_n_results(f->project) == 2;
}

static void test_document(void)
{
    struct fixture f;
    begin(&f);
    wait_until(&f, one_result, "the whole photo is edited");
    struct mask *mask = make_mask();
    f.parts = 0;
    tincture_project_set_region(f.project, &part);
    tincture_project_set_mask(f.project, mask);
    g_assert_cmpuint(f.parts, ==, DOCUMENT_PLACE | DOCUMENT_UNDO);
    wait_until(&f, two_results, "it is edited anew where mask and region say");
    fixture_close(&f);
    fixture_open(&f);
    library_open_last(f.session->library);
    wait_idle(&f);
    g_assert_true(mask_equal(f.project->document.mask, mask));
    g_assert_true(image_region_equal(&f.project->document.region, &part));
    // A result brings its place back, and that is undone at once.
    live_restore(f.session->live, tincture_project_result(f.project, 1)->id);
    g_assert_null(f.project->document.mask);
    g_assert_cmpint(f.project->document.region.width, ==, 0);
    tincture_project_undo(f.project);
    g_assert_true(mask_equal(f.project->document.mask, mask));
    wait_idle(&f);
    tincture_project_set_region(f.project, NULL);
    tincture_project_set_mask(f.project, mask_before(mask));
    tincture_project_undo(f.project);
    g_assert_true(mask_equal(f.project->document.mask, mask));
    tincture_project_undo(f.project);
    g_assert_true(image_region_equal(&f.project->document.region, &part));
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    mask_unref(mask);
    fixture_end(&f);
}

static bool has_failed(struct fixture *f)
{
    return f->messages[MESSAGE_ERROR] > 0;
}

// What cannot be: a sentence, and all that was there stays.
static void test_refused(void)
{
    const struct image_region bad[] = {
        {400, 10, 113, 50}, {10, 10, 50, 0}, {10, 10, 50, 8}, {-1, 10, 50, 50}};
    const struct mask_step nothing[] = {{.kind = MASK_INVERT}, {.kind = MASK_INVERT}};
    struct fixture f;
    begin(&f);
    wait_until(&f, one_result, "there is a result");
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        tincture_project_set_region(f.project, &bad[i]);
        g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
        g_assert_nonnull(strstr(f.last_message, "the region"));
        g_assert_cmpint(f.project->document.region.width, ==, 0);
        f.messages[MESSAGE_ERROR] = 0;
    }
    const struct result *before = f.project->result;
    struct mask *all = mask_with(NULL, &nothing[0]), *none = mask_with(all, &nothing[1]);
    tincture_project_set_mask(f.project, none);
    wait_until(&f, has_failed, "the empty mask is told of");
    g_assert_nonnull(strstr(f.last_message, "the mask covers nothing of the photo"));
    wait_idle(&f);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 1);
    g_assert_true(f.project->result == before);
    g_assert_true(f.project->document.mask == none);
    mask_unref(all);
    mask_unref(none);
    fixture_end(&f);
}

// ---- learning -----------------------------------------------------------------------------------

static bool three_steps(struct fixture *f)
{
    return loss_steps(f) >= 3;
}

static bool has_adapter(struct fixture *f)
{
    return tincture_project_n_adapters(f->project) > 0;
}

// A training of a region that was stopped goes on with that region, whatever is framed meanwhile.
static void test_training(void)
{
    struct fixture f;
    begin(&f);
    tincture_project_set_region(f.project, &part);
    fixture_learn(&f, 12);
    wait_until(&f, three_steps, "three steps are done");
    tincture_session_cancel(f.session);
    wait_idle(&f);
    g_assert_true(f.project->can_resume);
    tincture_project_set_region(f.project, NULL);
    tincture_session_learn(f.session);
    wait_until(&f, has_adapter, "the region is learned");
    g_assert_true(image_region_equal(&f.project->document.region, &part));
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, >, 1);
    cli = argv[1];
    g_test_add_func("/place/same-pixels", test_same_pixels);
    g_test_add_func("/place/document", test_document);
    g_test_add_func("/place/refused", test_refused);
    g_test_add_func("/place/training", test_training);
    return g_test_run();
}
