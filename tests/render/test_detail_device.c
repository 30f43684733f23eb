// The return to full size with the device's Fourier transform: the same picture as with the plain
// one.
#include "render/detail.h"
#include "render/resample.h"
#include "tests/render/pictures.h"

// Opened for each test; NULL and the test skipped where there is no usable device.
static struct gpu *open_device(void)
{
    g_autoptr(GError) error = NULL;
    struct gpu *gpu = gpu_open(NULL, &error);

    if (gpu == NULL) {
        g_test_skip(error->message);
    }
    return gpu;
}

// A photo with another picture in the middle of its model-size edit.
struct scene {
    struct image *photo, *reconstruction, *edit;
};

static void scene_init(struct scene *scene, int width, int height, int model_width,
                       int model_height)
{
    struct image *other = picture_photo(model_width, model_height, 8, 7);

    scene->photo = picture_photo(width, height, 8, 1);
    scene->reconstruction = image_resize(scene->photo, model_width, model_height, NULL);
    scene->edit = image_copy(scene->reconstruction, NULL);
    for (int y = model_height / 4; y < model_height / 2; y++) {
        for (int i = 3 * (model_width / 4); i < 3 * (model_width / 2); i++) {
            scene->edit->rgb[3 * y * model_width + i] = other->rgb[3 * y * model_width + i];
        }
    }
    image_free(other);
}

static void scene_clear(struct scene *scene)
{
    image_free(scene->photo);
    image_free(scene->reconstruction);
    image_free(scene->edit);
}

static struct image *restore(const struct scene *scene, const struct transform *transform)
{
    struct detail_params params = {0};
    g_autoptr(GError) error = NULL;
    struct image *result = detail_restore(scene->photo, scene->reconstruction, scene->edit,
                                          transform, &params, &error);

    g_assert_no_error(error);
    return result;
}

static void test_same_as_host(void)
{
    struct gpu *gpu = open_device();
    struct scene scene;

    if (gpu == NULL) {
        return;
    }
    scene_init(&scene, 900, 700, 192, 152);

    struct fft *fft = fft_open(gpu, NULL);
    struct transform host = host_transform(), device = transform_device(fft);
    struct image *expected = restore(&scene, &host), *result = restore(&scene, &device);

    g_assert_cmpfloat(picture_difference(result, expected), <, 1e-5);
    g_assert_cmpfloat(picture_difference(result, scene.photo), >, 0.1);
    image_free(expected);
    image_free(result);
    scene_clear(&scene);
    fft_free(fft);
    gpu_free(gpu);
}

static void test_time(void)
{
    struct gpu *gpu = open_device();
    struct scene scene;

    if (gpu == NULL) {
        return;
    }
    scene_init(&scene, 4000, 3000, 512, 384);

    struct fft *fft = fft_open(gpu, NULL);
    struct transform device = transform_device(fft);

    for (int run = 0; run < 2; run++) {
        g_test_timer_start();
        image_free(restore(&scene, &device));
        g_test_message("12 MP, run %d: %.1f s on %s", run + 1, g_test_timer_elapsed(),
                       gpu_info(gpu)->name);
    }
    scene_clear(&scene);
    fft_free(fft);
    gpu_free(gpu);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (g_test_perf()) {
        g_test_add_func("/detail-device/time", test_time);
    } else {
        g_test_add_func("/detail-device/same-as-host", test_same_as_host);
    }
    return g_test_run();
}
