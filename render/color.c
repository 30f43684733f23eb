// One lcms2 context for each call: nothing is shared between threads but the finished transform,
// which is read-only because its cache is off.
#include "render/color.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/parallel.h"

#include <lcms2_plugin.h>
#include <math.h>
#include <string.h>

enum { MAX_PROFILE_BYTES = 8 << 20 };

static const cmsUInt32Number FLAGS = cmsFLAGS_NOCACHE | cmsFLAGS_BLACKPOINTCOMPENSATION;

// ---- memory -------------------------------------------------------------------------------------
//
// lcms2 2.14 does not look whether it has got its small structures, so those are GLib's, which end
// the program where there is none. Its tables may be large; of them it looks, and says so.

enum { SMALL_BYTES = 1 << 16, MAX_BYTES = 512 << 20 };

static void *take(cmsContext context, cmsUInt32Number size)
{
    (void)context;
    return size <= SMALL_BYTES ? g_malloc(MAX(size, 1))
           : size <= MAX_BYTES ? g_try_malloc(size)
                               : NULL;
}

static void *take_again(cmsContext context, void *old, cmsUInt32Number size)
{
    (void)context;
    return size <= SMALL_BYTES ? g_realloc(old, MAX(size, 1))
           : size <= MAX_BYTES ? g_try_realloc(old, size)
                               : NULL;
}

static void give(cmsContext context, void *memory)
{
    (void)context;
    g_free(memory);
}

static cmsContext context_new(void)
{
    static cmsPluginMemHandler memory = {
        .base = {cmsPluginMagicNumber, 2000, cmsPluginMemHandlerSig, NULL},
        .MallocPtr = take,
        .FreePtr = give,
        .ReallocPtr = take_again,
    };
    return cmsCreateContext(&memory, NULL);
}

// ---- conversions --------------------------------------------------------------------------------

// Everything that has to live as long as one conversion.
struct conversion {
    cmsContext context;
    cmsHPROFILE profile, srgb;
    cmsHTRANSFORM transform;
};

static void conversion_clear(struct conversion *conversion)
{
    g_clear_pointer(&conversion->transform, cmsDeleteTransform);
    g_clear_pointer(&conversion->srgb, cmsCloseProfile);
    g_clear_pointer(&conversion->profile, cmsCloseProfile);
    g_clear_pointer(&conversion->context, cmsDeleteContext);
}

static bool profile_fail(GError **error, const char *reason)
{
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, "%s", reason);
    return false;
}

static bool conversion_open(struct conversion *conversion, GBytes *icc, GError **error)
{
    gsize size = 0;
    const void *data = g_bytes_get_data(icc, &size);

    if (size > MAX_PROFILE_BYTES) {
        return profile_fail(error, _("the colour profile is too large"));
    }
    conversion->context = context_new();
    conversion->profile =
        cmsOpenProfileFromMemTHR(conversion->context, data, (cmsUInt32Number)size);
    conversion->srgb = cmsCreate_sRGBProfileTHR(conversion->context);
    if (conversion->profile == NULL) {
        return profile_fail(error, _("the colour profile is damaged"));
    }
    return true;
}

static bool transform_create(struct conversion *conversion, cmsHPROFILE from, cmsUInt32Number in,
                             cmsHPROFILE to, cmsUInt32Number out, GError **error)
{
    conversion->transform = cmsCreateTransformTHR(conversion->context, from, in, to, out,
                                                  INTENT_RELATIVE_COLORIMETRIC, FLAGS);
    return conversion->transform != NULL ||
           profile_fail(error, _("the colour profile cannot be used"));
}

struct pixels_job {
    cmsHTRANSFORM transform;
    float *rgb;
    int width;
    bool from_gray;
};

static void keep_red(float *gray, const float *rgb, int count)
{
    for (int i = 0; i < count; i++) {
        gray[i] = rgb[3 * i];
    }
}

static void transform_rows(int begin, int end, void *data)
{
    const struct pixels_job *job = data;
    g_autofree float *gray = g_new(float, job->width);

    for (int y = begin; y < end; y++) {
        float *row = job->rgb + (size_t)y * job->width * 3;

        if (job->from_gray) {
            keep_red(gray, row, job->width);
            cmsDoTransform(job->transform, gray, row, (cmsUInt32Number)job->width);
        } else {
            cmsDoTransform(job->transform, row, row, (cmsUInt32Number)job->width);
        }
    }
}

// Many photos carry a profile that only says sRGB. Running those through tables would move values
// by a fraction of a step, so a grid of colours is tried first.
static bool is_identity(cmsHTRANSFORM transform)
{
    enum { LEVELS = 9, COUNT = LEVELS * LEVELS * LEVELS };
    float before[COUNT][3], after[COUNT][3];

    for (int i = 0; i < COUNT; i++) {
        before[i][0] = (float)(i % LEVELS) / (LEVELS - 1);
        before[i][1] = (float)(i / LEVELS % LEVELS) / (LEVELS - 1);
        before[i][2] = (float)(i / LEVELS / LEVELS) / (LEVELS - 1);
    }
    cmsDoTransform(transform, before, after, COUNT);
    for (int i = 0; i < COUNT; i++) {
        for (int c = 0; c < 3; c++) {
            if (!(fabsf(before[i][c] - after[i][c]) < 0.75f / 255.0f)) {
                return false;
            }
        }
    }
    return true;
}

static bool transform_apply(const struct conversion *conversion, struct image *image,
                            bool from_gray)
{
    struct pixels_job job = {conversion->transform, image->rgb, image->width, from_gray};

    if (from_gray || !is_identity(conversion->transform)) {
        parallel_rows(image->height, transform_rows, &job);
    }
    return true;
}

static bool is_gray(const struct image *image)
{
    size_t pixels = (size_t)image->width * image->height;

    for (size_t i = 0; i < pixels; i++) {
        const float *rgb = image->rgb + 3 * i;

        if (rgb[0] != rgb[1] || rgb[1] != rgb[2]) {
            return false;
        }
    }
    return true;
}

// A file may hold any, whatever its pixels are.
static bool choose_format(const struct conversion *conversion, const struct image *image,
                          cmsUInt32Number *format, GError **error)
{
    cmsColorSpaceSignature space = cmsGetColorSpace(conversion->profile);

    if (space != cmsSigRgbData && space != cmsSigGrayData) {
        return profile_fail(error, _("the colour profile is not for RGB or gray pictures"));
    }
    if (space == cmsSigGrayData && !is_gray(image)) {
        return profile_fail(error, _("the colour profile is for gray pictures"));
    }
    *format = space == cmsSigGrayData ? TYPE_GRAY_FLT : TYPE_RGB_FLT;
    return true;
}

bool color_to_srgb(struct image *image, GBytes *icc, GError **error)
{
    struct conversion conversion = {NULL};
    cmsUInt32Number format = 0;
    bool ok = conversion_open(&conversion, icc, error) &&
              choose_format(&conversion, image, &format, error) &&
              transform_create(&conversion, conversion.profile, format, conversion.srgb,
                               TYPE_RGB_FLT, error) &&
              transform_apply(&conversion, image, format == TYPE_GRAY_FLT);

    conversion_clear(&conversion);
    return ok;
}

void color_note_ignored(struct image_meta *meta, const GError *error)
{
    g_autofree char *sentence = g_strdup_printf(_("%s and was ignored"), error->message);

    image_meta_note(meta, sentence);
}

// ---- rows for a file ----------------------------------------------------------------------------

enum { SLICE_ROWS = 256 };

struct color_export {
    const struct image_rows *rows; // borrowed
    struct conversion conversion;
    bool same;                // sRGB is what is wanted
    const struct image *band; // of rows, from row top of the picture on; NULL: none yet
    int top;
    struct image slice; // of the band, converted; room for SLICE_ROWS
};

struct color_export *color_export_new(const struct image_rows *rows, GBytes *icc, GError **error)
{
    struct color_export *export = g_new0(struct color_export, 1);
    struct conversion *conversion = &export->conversion;
    bool ok = conversion_open(conversion, icc, error);

    if (ok && cmsGetColorSpace(conversion->profile) != cmsSigRgbData) {
        ok = profile_fail(error, _("the colour profile is not for RGB pictures"));
    }
    if (!ok || !transform_create(conversion, conversion->srgb, TYPE_RGB_FLT, conversion->profile,
                                 TYPE_RGB_FLT, error)) {
        color_export_free(export);
        return NULL;
    }
    export->rows = rows;
    export->same = is_identity(conversion->transform);
    return export;
}

static bool find_band(struct color_export *export, int y, GError **error)
{
    if (export->band == NULL || y < export->top || y >= export->top + export->band->height) {
        export->band = export->rows->band(export->rows->data, y, error);
        export->top = y;
    }
    return export->band != NULL;
}

static bool make_room(struct color_export *export, GError **error)
{
    if (export->slice.rgb == NULL) {
        struct image *room = image_new(export->rows->width, SLICE_ROWS, export->rows->alpha, error);

        if (room == NULL) {
            return false;
        }
        export->slice = *room;
        g_free(room);
    }
    return true;
}

static const struct image *convert_band(void *data, int y, GError **error)
{
    struct color_export *export = data;

    if (!find_band(export, y, error) || export->same) {
        return export->band;
    }
    if (!make_room(export, error)) {
        return NULL;
    }

    struct image *slice = &export->slice;
    const size_t from = (size_t)(y - export->top) * slice->width;

    slice->height = MIN(SLICE_ROWS, export->top + export->band->height - y);

    const size_t count = (size_t)slice->height * slice->width;

    memcpy(slice->rgb, export->band->rgb + 3 * from, 3 * count * sizeof(float));
    if (slice->alpha != NULL) {
        memcpy(slice->alpha, export->band->alpha + from, count * sizeof(float));
    }

    struct pixels_job job = {export->conversion.transform, slice->rgb, slice->width, false};

    parallel_rows(slice->height, transform_rows, &job);
    return slice;
}

struct image_rows color_export_rows(struct color_export *export)
{
    struct image_rows rows = *export->rows;

    rows.band = convert_band;
    rows.data = export;
    return rows;
}

void color_export_free(struct color_export *export)
{
    if (export == NULL) {
        return;
    }
    conversion_clear(&export->conversion);
    g_free(export->slice.rgb);
    g_free(export->slice.alpha);
    g_free(export);
}

// ---- ink and Lab --------------------------------------------------------------------------------

enum { CMYK_PIECE = 1024 }; // pixels

struct cmyk_job {
    cmsHTRANSFORM transform;
    const uint8_t *cmyk;
    float *rgb;
    size_t count;
};

// lcms2 has floats on both ends or on none, and wants ink in percent.
static void transform_cmyk(int begin, int end, void *data)
{
    const struct cmyk_job *job = data;
    float ink[4 * CMYK_PIECE];

    for (int piece = begin; piece < end; piece++) {
        const size_t first = (size_t)piece * CMYK_PIECE;
        const size_t count = MIN(CMYK_PIECE, job->count - first);

        for (size_t i = 0; i < 4 * count; i++) {
            ink[i] = (255 - job->cmyk[4 * first + i]) * (100.0f / 255.0f);
        }
        cmsDoTransform(job->transform, ink, job->rgb + 3 * first, (cmsUInt32Number)count);
    }
}

static bool cmyk_by_profile(const uint8_t *cmyk, size_t count, GBytes *icc, float *rgb,
                            GError **error)
{
    struct conversion conversion = {NULL};
    bool ok = conversion_open(&conversion, icc, error);

    if (ok && cmsGetColorSpace(conversion.profile) != cmsSigCmykData) {
        ok = profile_fail(error, _("the colour profile is not for CMYK pictures"));
    }
    ok = ok && transform_create(&conversion, conversion.profile, TYPE_CMYK_FLT, conversion.srgb,
                                TYPE_RGB_FLT, error);
    if (ok) {
        struct cmyk_job job = {conversion.transform, cmyk, rgb, count};

        parallel_rows((int)((count + CMYK_PIECE - 1) / CMYK_PIECE), transform_cmyk, &job);
    }
    conversion_clear(&conversion);
    return ok;
}

void color_cmyk_to_srgb(const uint8_t *cmyk, size_t count, GBytes *icc, float *rgb,
                        struct image_meta *meta)
{
    g_autoptr(GError) error = NULL;

    if (icc != NULL && cmyk_by_profile(cmyk, count, icc, rgb, &error)) {
        return;
    }
    if (error != NULL) {
        color_note_ignored(meta, error);
    }
    for (size_t i = 0; i < count; i++) {
        for (int c = 0; c < 3; c++) {
            rgb[3 * i + c] = cmyk[4 * i + c] / 255.0f * (cmyk[4 * i + 3] / 255.0f);
        }
    }
}

bool color_lab_to_srgb(float *pixels, size_t count, GError **error)
{
    struct conversion conversion = {context_new()};

    conversion.profile = cmsCreateLab4ProfileTHR(conversion.context, NULL);
    conversion.srgb = cmsCreate_sRGBProfileTHR(conversion.context);
    const bool ok = transform_create(&conversion, conversion.profile, TYPE_Lab_FLT, conversion.srgb,
                                     TYPE_RGB_FLT, error);
    for (size_t at = 0; ok && at < count; at += G_MAXINT16) {
        cmsDoTransform(conversion.transform, pixels + 3 * at, pixels + 3 * at,
                       (cmsUInt32Number)MIN(count - at, G_MAXINT16));
    }
    conversion_clear(&conversion);
    return ok;
}

// ---- profiles -----------------------------------------------------------------------------------

static GBytes *save_profile(cmsHPROFILE profile)
{
    cmsUInt32Number size = 0;

    if (profile == NULL || !cmsSaveProfileToMem(profile, NULL, &size)) {
        return NULL;
    }

    void *data = g_malloc(size);

    if (!cmsSaveProfileToMem(profile, data, &size)) {
        g_free(data);
        return NULL;
    }
    return g_bytes_new_take(data, size);
}

// Takes the context and its curve.
static GBytes *profile_from_curve(const double xy[8], cmsContext context, cmsToneCurve *curve)
{
    cmsCIExyY white = {xy[0], xy[1], 1.0};
    cmsCIExyYTRIPLE primaries = {{xy[2], xy[3], 1.0}, {xy[4], xy[5], 1.0}, {xy[6], xy[7], 1.0}};
    cmsToneCurve *curves[3] = {curve, curve, curve};

    cmsHPROFILE profile =
        curve != NULL ? cmsCreateRGBProfileTHR(context, &white, &primaries, curves) : NULL;
    GBytes *bytes = save_profile(profile);

    g_clear_pointer(&curve, cmsFreeToneCurve);
    g_clear_pointer(&profile, cmsCloseProfile);
    cmsDeleteContext(context);
    return bytes;
}

GBytes *color_profile_from_primaries(const double xy[8], double gamma)
{
    if (!(gamma > 0.1 && gamma < 10.0)) {
        return NULL;
    }

    cmsContext context = context_new();

    return profile_from_curve(xy, context, cmsBuildGamma(context, gamma));
}

// Tables 2 and 3 of H.273: white, red, green, blue; and the curve as ICC's function of type 3,
// which is lcms2's 4: (a x + b) ^ g from d on, c x below.
static const struct code_primaries {
    int code;
    double xy[8];
} PRIMARIES[] = {
    {1, {0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060}},  // BT.709
    {5, {0.3127, 0.3290, 0.640, 0.330, 0.290, 0.600, 0.150, 0.060}},  // BT.601, 625 lines
    {6, {0.3127, 0.3290, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070}},  // BT.601, 525 lines
    {9, {0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046}},  // BT.2020
    {11, {0.3140, 0.3510, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060}}, // P3 of the cinema
    {12, {0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060}}, // P3 of screens
};

static const struct code_curve {
    int code;
    double gabcd[5];
} CURVES[] = {
    {1, {1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081}}, // BT.709, and those of its form
    {6, {1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081}},
    {14, {1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081}},
    {15, {1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081}},
    {4, {2.2, 1, 0, 0, 0}},
    {5, {2.8, 1, 0, 0, 0}},
    {8, {1, 1, 0, 0, 0}},
    {13, {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045}}, // sRGB
};

bool color_profile_from_code(int primaries, int transfer, GBytes **icc)
{
    const double *xy = NULL, *gabcd = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(PRIMARIES); i++) {
        xy = PRIMARIES[i].code == primaries ? PRIMARIES[i].xy : xy;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(CURVES); i++) {
        gabcd = CURVES[i].code == transfer ? CURVES[i].gabcd : gabcd;
    }
    *icc = NULL;
    if (xy == NULL || gabcd == NULL) {
        return false;
    }
    if (primaries != 1 || transfer != 13) {
        cmsContext context = context_new();

        *icc = profile_from_curve(xy, context, cmsBuildParametricToneCurve(context, 4, gabcd));
    }
    return true;
}

GBytes *color_adobe_rgb_profile(void)
{
    static const double XY[8] = {0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06};

    return color_profile_from_primaries(XY, 563.0 / 256.0);
}

GBytes *color_srgb_profile(void)
{
    cmsContext context = context_new();
    cmsHPROFILE profile = cmsCreate_sRGBProfileTHR(context);
    GBytes *bytes = save_profile(profile);

    cmsCloseProfile(profile);
    cmsDeleteContext(context);
    g_assert(bytes != NULL); // it is small
    return bytes;
}
