// The raster that follows the mask: strokes at once, the rest soon, and whatever a person does in
// between, in the end it is the document's mask.
#include "ui/core/painting.h"

#define WIDTH  96
#define HEIGHT 64

struct fixture {
    TinctureProject *project;
    TincturePainting *painting;
    int told;  // times it was said that something changed
    int begun; // times the raster was not to be read
};

static void changed_cb(struct fixture *f, const struct image_region *part)
{
    f->told++;
    f->begun += part == NULL && tincture_painting_is_busy(f->painting);
}

static void open_photo(struct fixture *f)
{
    g_autoptr(GError) error = NULL;
    struct image *image = image_new(WIDTH, HEIGHT, false, &error);
    g_assert_no_error(error);
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++) {
        image->rgb[i] = (float)(i % 7) / 7.0f;
    }
    struct photo *photo = photo_new(image, 32, 8, 0, &error);
    g_assert_no_error(error);
    struct document document;
    document_init(&document);
    tincture_project_open(f->project, photo, (struct picture){0}, "photo", &document,
                          g_ptr_array_new_with_free_func(g_object_unref), NULL);
    tincture_project_changed(f->project, DOCUMENT_ALL);
    document_clear(&document);
    photo_unref(photo);
}

static void begin(struct fixture *f)
{
    *f = (struct fixture){.project = tincture_project_new()};
    f->painting = tincture_painting_new(f->project);
    g_signal_connect_swapped(f->painting, "changed", G_CALLBACK(changed_cb), f);
    open_photo(f);
}

static void end(struct fixture *f)
{
    g_assert_finalize_object(f->painting);
    g_object_unref(f->project);
}

static void wait_painted(struct fixture *f)
{
    while (tincture_painting_is_busy(f->painting)) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static struct mask *dab(const struct mask *before, float x, float y)
{
    const float points[] = {x, y};
    return mask_with(
        before, &(struct mask_step){.kind = MASK_BRUSH, .size = 12, .count = 1, .points = points});
}

static void add(struct fixture *f, struct mask *mask) // takes it
{
    tincture_project_set_mask(f->project, mask);
    mask_unref(mask);
}

static int value_at(struct fixture *f, int x, int y)
{
    const struct raster *raster = tincture_painting_raster(f->painting);
    return raster ? raster->values[y * WIDTH + x] : 0;
}

// A stroke that goes to the photo's edges takes longer; the next one does not take that back.
static void test_stroke_along_edges(void)
{
    struct fixture f;
    begin(&f);
    const float points[] = {30, 30};
    add(&f, mask_with(NULL, &(struct mask_step){.kind = MASK_BRUSH,
                                                .size = 24,
                                                .softness = 0.5f,
                                                .reach = 3,
                                                .count = 1,
                                                .points = points}));
    g_assert_true(tincture_painting_is_busy(f.painting));
    struct mask *next = dab(f.project->document.mask, 80, 40);
    tincture_painting_preview(f.painting, next);
    wait_painted(&f);
    g_assert_cmpint(f.begun, ==, 1);
    g_assert_cmpint(value_at(&f, 30, 30), ==, 255);
    g_assert_cmpint(value_at(&f, 80, 40), ==, 255);
    tincture_painting_preview(f.painting, NULL);
    tincture_project_undo(f.project);
    wait_painted(&f);
    g_assert_cmpint(value_at(&f, 30, 30), ==, 0);
    mask_unref(next);
    end(&f);
}

static void test_stroke_is_there_at_once(void)
{
    struct fixture f;
    begin(&f);
    g_assert_null(tincture_painting_raster(f.painting));
    struct mask *one = dab(NULL, 20, 20);
    tincture_painting_preview(f.painting, one);
    g_assert_false(tincture_painting_is_busy(f.painting));
    g_assert_cmpint(value_at(&f, 20, 20), ==, 255);
    g_assert_cmpint(value_at(&f, 60, 20), ==, 0);
    g_assert_null(f.project->document.mask);

    tincture_project_set_mask(f.project, one);
    const int told = f.told;
    tincture_painting_preview(f.painting, NULL); // it is the document's by now: nothing to paint
    g_assert_cmpint(f.told, ==, told);
    g_assert_cmpint(value_at(&f, 20, 20), ==, 255);
    g_assert_cmpfloat(tincture_painting_coverage(f.painting), >, 0);
    mask_unref(one);
    end(&f);
}

static void test_taken_back(void)
{
    struct fixture f;
    begin(&f);
    struct mask *one = dab(NULL, 20, 20);
    tincture_painting_preview(f.painting, one);
    tincture_painting_preview(f.painting, NULL);
    wait_painted(&f);
    g_assert_cmpint(value_at(&f, 20, 20), ==, 0);
    add(&f, one);
    add(&f, dab(one, 60, 40));
    g_assert_cmpint(value_at(&f, 60, 40), ==, 255);
    tincture_project_undo(f.project);
    wait_painted(&f);
    g_assert_cmpint(value_at(&f, 20, 20), ==, 255);
    g_assert_cmpint(value_at(&f, 60, 40), ==, 0);
    tincture_project_undo(f.project);
    wait_painted(&f);
    g_assert_cmpint(value_at(&f, 20, 20), ==, 0);
    g_assert_cmpfloat(tincture_painting_coverage(f.painting), ==, 0);
    end(&f);
}

// What may take long is not waited for, and while it is painted nobody reads the values.
static void test_all_of_it(void)
{
    struct fixture f;
    begin(&f);
    add(&f, mask_with(NULL, &(struct mask_step){.kind = MASK_INVERT}));
    g_assert_true(tincture_painting_is_busy(f.painting));
    wait_painted(&f);
    g_assert_cmpfloat(tincture_painting_coverage(f.painting), ==, 1);
    end(&f);
}

static void test_another_photo_meanwhile(void)
{
    struct fixture f;
    begin(&f);
    add(&f, mask_with(NULL, &(struct mask_step){.kind = MASK_INVERT}));
    open_photo(&f);
    g_assert_null(tincture_painting_raster(f.painting));
    g_assert_false(tincture_painting_is_busy(f.painting));
    for (int i = 0; i < 50; i++) { // the thread ends, and nobody takes what it painted
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
    g_assert_null(tincture_painting_raster(f.painting));
    end(&f);
}

// Against a painter that paints only the end.
static void assert_is_mask(struct fixture *f)
{
    g_autoptr(GError) error = NULL;
    struct mask_painter *painter = mask_painter_new(f->project->photo->full, &error);
    g_assert_no_error(error);
    g_assert_true(mask_painter_show(painter, f->project->document.mask, NULL, NULL, &error));
    const struct raster *expected = mask_painter_raster(painter);
    const struct raster *shown = tincture_painting_raster(f->painting);
    if (f->project->document.mask) {
        g_assert_cmpmem(shown->values, WIDTH * HEIGHT, expected->values, WIDTH * HEIGHT);
    }
    mask_painter_free(painter);
}

static void test_anything_in_any_order(void)
{
    struct fixture f;
    begin(&f);
    GRand *random = g_rand_new_with_seed(3);
    for (int i = 0; i < 400; i++) {
        const struct mask *mask = f.project->document.mask;
        const float x = (float)g_rand_double_range(random, 0, WIDTH);
        const float y = (float)g_rand_double_range(random, 0, HEIGHT);
        struct mask *drawn = dab(mask, x, y);
        switch (g_rand_int_range(random, 0, 6)) {
        case 0: tincture_project_undo(f.project); break;
        case 1: tincture_project_redo(f.project); break;
        case 2: add(&f, mask_with(mask, &(struct mask_step){.kind = MASK_INVERT})); break;
        case 3: tincture_painting_preview(f.painting, drawn); break;
        case 4: tincture_painting_preview(f.painting, NULL); break;
        default: tincture_project_set_mask(f.project, drawn);
        }
        mask_unref(drawn);
        if (i % 10 == 0) {
            tincture_painting_preview(f.painting, NULL);
            wait_painted(&f);
            assert_is_mask(&f);
        }
    }
    tincture_painting_preview(f.painting, NULL);
    wait_painted(&f);
    g_rand_free(random);
    end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/painting/stroke-along-edges", test_stroke_along_edges);
    g_test_add_func("/core/painting/stroke", test_stroke_is_there_at_once);
    g_test_add_func("/core/painting/back", test_taken_back);
    g_test_add_func("/core/painting/all", test_all_of_it);
    g_test_add_func("/core/painting/photo", test_another_photo_meanwhile);
    g_test_add_func("/core/painting/any", test_anything_in_any_order);
    return g_test_run();
}
