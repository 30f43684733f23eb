// The safetensors reader and writer. The negative list follows the reference implementation's own
// tests and its folder of attacks: each is a file that some reader believed.

#include "compute/file/hash.h"
#include "compute/file/safetensors.h"
#include "compute/half.h"

#include <fcntl.h>
#include <float.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

// Length, header and data bytes of zeros as one file.
static GBytes *make_file(uint64_t length, const char *header, size_t data_size)
{
    GByteArray *file = g_byte_array_new();
    uint64_t little = GUINT64_TO_LE(length);
    uint8_t *zeros = g_malloc0(data_size + 1);
    g_byte_array_append(file, (const uint8_t *)&little, 8);
    g_byte_array_append(file, (const uint8_t *)header, strlen(header));
    g_byte_array_append(file, zeros, data_size);
    g_free(zeros);
    return g_byte_array_free_to_bytes(file);
}

static struct st_file *parse(const char *header, size_t data_size, GError **error)
{
    GBytes *bytes = make_file(strlen(header), header, data_size);
    struct st_file *f = st_parse(bytes, "test.safetensors", error);
    g_bytes_unref(bytes);
    return f;
}

#define F32(shape, begin, end)                                                                     \
    "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"

static const struct {
    const char *name, *header;
    size_t data_size;
    const char *says; // a piece of the message
} damaged[] = {
    {"empty header", "", 0, "header"},
    {"not an object", "[]", 0, "object"},
    {"not JSON", "{\"a\":", 0, "header"},
    {"text behind", "{}x", 0, "behind"},
    {"trailing comma", "{\"a\":" F32("[1]", "0", "4") ",}", 4, "string"},
    {"comment", "{/**/}", 0, "string"},
    {"not UTF-8", "{\"\xff\":" F32("[1]", "0", "4") "}", 4, "UTF-8"},
    {"deep nesting", "{\"a\":{\"dtype\":\"F32\",\"shape\":[[[[[[1]]]]]],\"data_offsets\":[0,4]}}",
     4, "number"},
    {"missing field", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "lacks"},
    {"unknown field", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4,
     "unknown"},
    {"field twice",
     "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
     "twice"},
    {"name twice", "{\"a\":" F32("[1]", "0", "4") ",\"a\":" F32("[1]", "4", "8") "}", 8, "twice"},
    {"name twice by escape",
     "{\"a\":" F32("[1]", "0", "4") ",\"\\u0061\":" F32("[1]", "4", "8") "}", 8, "twice"},
    {"NUL in a name", "{\"a\\u0000\":" F32("[1]", "0", "4") "}", 4, "escape"},
    {"half a surrogate", "{\"\\ud800\":" F32("[1]", "0", "4") "}", 4, "escape"},
    {"negative size", "{\"a\":" F32("[-1]", "0", "4") "}", 4, "number"},
    {"fraction", "{\"a\":" F32("[1.5]", "0", "4") "}", 4, "number"},
    {"exponent", "{\"a\":" F32("[1e0]", "0", "4") "}", 4, "number"},
    {"number as text", "{\"a\":" F32("[\"1\"]", "0", "4") "}", 4, "number"},
    {"number over 64 bits", "{\"a\":" F32("[99999999999999999999]", "0", "4") "}", 4, "too large"},
    {"shape overflows", "{\"a\":" F32("[4294967296,4294967296,2]", "0", "4") "}", 4, "larger"},
    {"size overflows", "{\"a\":" F32("[4611686018427387904]", "0", "4") "}", 4, "larger"},
    {"shape does not fit", "{\"a\":" F32("[2,2]", "0", "4") "}", 4, "shape"},
    {"nine dimensions", "{\"a\":" F32("[1,1,1,1,1,1,1,1,1]", "0", "4") "}", 4, "8 dimensions"},
    {"three offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4,
     "data_offsets"},
    {"one offset", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4,
     "data_offsets"},
    {"backwards", "{\"a\":" F32("[1]", "4", "0") "}", 4, "hole"},
    {"hole at the start", "{\"a\":" F32("[1]", "4", "8") "}", 8, "hole"},
    {"hole", "{\"a\":" F32("[1]", "0", "4") ",\"b\":" F32("[1]", "8", "12") "}", 12, "hole"},
    {"overlap", "{\"a\":" F32("[2]", "0", "8") ",\"b\":" F32("[2]", "4", "12") "}", 12, "overlaps"},
    {"the same range", "{\"a\":" F32("[1]", "0", "4") ",\"b\":" F32("[1]", "0", "4") "}", 4,
     "overlaps"},
    {"data cut short", "{\"a\":" F32("[2]", "0", "8") "}", 4, "cut short"},
    {"data left over", "{\"a\":" F32("[1]", "0", "4") "}", 8, "no tensor"},
    {"data without tensors", "{}", 4, "no tensor"},
    {"metadata with a number", "{\"__metadata__\":{\"a\":1}}", 0, "metadata"},
    {"metadata not an object", "{\"__metadata__\":\"a\"}", 0, "object"},
    {"metadata key twice", "{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, "twice"},
    {"metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "twice"},
    {"unknown format", "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4,
     "F8_E4M3"},
};

static void test_damaged(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(damaged); i++) {
        g_autoptr(GError) error = NULL;
        struct st_file *f = parse(damaged[i].header, damaged[i].data_size, &error);
        g_test_message("%s: %s", damaged[i].name, error ? error->message : "accepted");
        g_assert_null(f);
        g_assert_nonnull(error);
        g_assert_cmpint(error->domain, ==, TINCTURE_ERROR);
        g_assert_nonnull(strstr(error->message, "test.safetensors"));
        g_assert_nonnull(strstr(error->message, damaged[i].says));
    }
}

static void refuse_bytes(GBytes *bytes)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(st_parse(bytes, "test.safetensors", &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE);
    g_bytes_unref(bytes);
}

static void test_sizes(void)
{
    refuse_bytes(g_bytes_new("", 0));
    refuse_bytes(g_bytes_new("1234567", 7));
    refuse_bytes(g_bytes_new("this is a text, not tensors", 27));
    refuse_bytes(g_bytes_new("0123456789abcdef", 16));
    refuse_bytes(make_file(UINT64_MAX, "{}", 0));
    refuse_bytes(make_file(UINT64_MAX - 7, "{}", 0));
    refuse_bytes(make_file(ST_MAX_HEADER + 1, "{}", 0));
    refuse_bytes(make_file(3, "{}", 0)); // longer than the file
    refuse_bytes(make_file(1, "{}", 0)); // shorter than its JSON
}

// Every prefix of a good file is refused.
static void test_truncated(void)
{
    GBytes *whole = make_file(strlen("{\"a\":" F32("[2]", "0", "8") "}"),
                              "{\"a\":" F32("[2]", "0", "8") "}", 8);
    for (gsize n = 0; n < g_bytes_get_size(whole); n++) {
        refuse_bytes(g_bytes_new(g_bytes_get_data(whole, NULL), n));
    }
    g_bytes_unref(whole);
}

static void test_limits(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strnfill(ST_MAX_NAME + 1, 'n');
    g_autofree char *header = g_strdup_printf("{\"%s\":" F32("[1]", "0", "4") "}", name);
    g_assert_null(parse(header, 4, &error));
    g_assert_nonnull(strstr(error->message, "512"));
    g_clear_error(&error);

    GString *many = g_string_new("{");
    for (int i = 0; i <= ST_MAX_TENSORS; i++) {
        g_string_append_printf(many, "%s\"%d\":" F32("[0]", "0", "0"), i ? "," : "", i);
    }
    g_string_append_c(many, '}');
    g_assert_null(parse(many->str, 0, &error));
    g_assert_nonnull(strstr(error->message, "65536"));
    g_string_free(many, TRUE);
}

static void test_accepted(void)
{
    static const char header[] =
        " {\"__metadata__\":{\"format\":\"pt\",\"\\u00e4\":\"\\ud83d\\ude00\\n\"},"
        "\"b\":{\"data_offsets\":[4,8],\"shape\":[1,2],\"dtype\":\"F16\"},"
        "\"none\":" F32("[0,7]", "4", "4") ",\"a\":" F32("[]", "0", "4") "}  \n";
    g_autoptr(GError) error = NULL;
    struct st_file *f = parse(header, 8, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(f->tensors->len, ==, 3);
    g_assert_cmpint(st_find(f, "a")->rank, ==, 0);
    g_assert_cmpint(st_find(f, "a")->count, ==, 1);
    g_assert_cmpint(st_find(f, "none")->count, ==, 0);
    g_assert_cmpint(st_find(f, "b")->dtype, ==, ST_F16);
    g_assert_null(st_find(f, "c"));
    g_assert_cmpstr(g_hash_table_lookup(f->metadata, "\xc3\xa4"), ==, "\xf0\x9f\x98\x80\n");
    float nothing;
    g_assert_true(st_read_f32(st_find(f, "none"), &nothing, true, &error));
    st_free(f);
    f = parse("{}", 0, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(f->tensors->len, ==, 0);
    st_free(f);
    f = parse("{\"__metadata__\":null,\"a\":" F32("[1]", "0", "4") "}", 4, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_hash_table_size(f->metadata), ==, 0);
    st_free(f);
}

// ---- numbers ------------------------------------------------------------------------------------

// All 65536 half-precision numbers against their definition.
static void test_half(void)
{
    for (uint32_t h = 0; h < 0x10000; h++) {
        int exponent = h >> 10 & 31, mantissa = h & 1023;
        double value = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
        float f = half_to_float((uint16_t)h);
        if (exponent == 31) {
            g_assert_true(mantissa ? isnan(f) : isinf(f));
        } else {
            g_assert_cmpfloat(f, ==, (float)(h & 0x8000 ? -value : value));
        }
        if (!isnan(f)) {
            g_assert_cmphex(half_from_float(f), ==, h);
        }
        const float next = half_to_float((uint16_t)(h + 1));
        if ((h & 0x7fff) < 0x7bff) { // between two neighbours: the nearer one, or the even one
            const float middle = (f + next) / 2;
            g_assert_cmphex(half_from_float(middle), ==, h + (h & 1));
            g_assert_cmphex(half_from_float(nextafterf(middle, f)), ==, h);
            g_assert_cmphex(half_from_float(nextafterf(middle, next)), ==, h + 1);
        }
    }
    g_assert_cmphex(half_from_float(65519.9f), ==, 0x7bff); // the largest, and what is too large
    g_assert_cmphex(half_from_float(-65520), ==, 0xfc00);
    g_assert_cmphex(half_from_float(-FLT_MAX), ==, 0xfc00);
    g_assert_cmphex(half_from_float(-1e-30f), ==, 0x8000);
    g_assert_cmpfloat(bfloat_to_float(0xc040), ==, -3.0f);
}

// One tensor of the given format and bytes, read as fp32.
static bool read_one(const char *dtype, int count, const void *data, size_t size, float *out,
                     GError **error)
{
    g_autofree char *header = g_strdup_printf(
        "{\"t\":{\"dtype\":\"%s\",\"shape\":[%d],\"data_offsets\":[0,%zu]}}", dtype, count, size);
    GByteArray *file = g_byte_array_new();
    uint64_t length = GUINT64_TO_LE((uint64_t)strlen(header));
    g_byte_array_append(file, (const uint8_t *)&length, 8);
    g_byte_array_append(file, (const uint8_t *)header, strlen(header));
    g_byte_array_append(file, data, size);
    GBytes *bytes = g_byte_array_free_to_bytes(file);
    struct st_file *f = st_parse(bytes, "test.safetensors", NULL);
    g_bytes_unref(bytes);
    g_assert_nonnull(f);
    bool ok = st_read_f32(st_find(f, "t"), out, true, error);
    st_free(f);
    return ok;
}

static void test_formats(void)
{
    float out[2];
#define CHECK(dtype, type, a, b)                                                                   \
    g_assert_true(read_one(dtype, 2, (type[]){a, b}, 2 * sizeof(type), out, NULL));                \
    g_assert_cmpfloat(out[0], ==, (float)(a));                                                     \
    g_assert_cmpfloat(out[1], ==, (float)(b))
    CHECK("F64", double, -0.1, 1e10);
    CHECK("F32", float, -0.1f, 1e10f);
    CHECK("I64", int64_t, -5, 1 << 20);
    CHECK("I32", int32_t, -5, 1 << 20);
    CHECK("I16", int16_t, -5, 32767);
    CHECK("I8", int8_t, -128, 127);
    CHECK("U8", uint8_t, 0, 255);
    CHECK("BOOL", uint8_t, 0, 1);
#undef CHECK
    g_assert_true(read_one("F16", 2, (uint16_t[]){0x3c00, 0xc000}, 4, out, NULL));
    g_assert_cmpfloat(out[1], ==, -2);
    g_assert_true(read_one("BF16", 2, (uint16_t[]){0x3f80, 0xc000}, 4, out, NULL));
    g_assert_cmpfloat(out[1], ==, -2);
}

static void test_pointer(void)
{
    static const char TEXT[] = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
    g_autoptr(GBytes) bytes = g_bytes_new_static(TEXT, sizeof TEXT - 1);
    g_autoptr(GError) error = NULL;
    g_assert_null(st_parse(bytes, "unet.safetensors", &error));
    g_assert_true(g_str_has_prefix(error->message, "unet.safetensors is a pointer of Git LFS"));
}

static void test_not_finite(void)
{
    float out[2];
    const float bad[][2] = {{0, NAN}, {INFINITY, 0}, {0, -INFINITY}};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(read_one("F32", 2, bad[i], 8, out, &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC);
        g_assert_true(g_str_has_prefix(error->message, "test.safetensors: tensor t "));
    }
    g_assert_false(read_one("F16", 2, (uint16_t[]){0, 0x7c01}, 4, out, NULL));
    g_assert_false(read_one("BF16", 2, (uint16_t[]){0xff80, 0}, 4, out, NULL));
    g_assert_false(read_one("F64", 2, (double[]){0, 1e300}, 16, out, NULL)); // infinite as fp32
}

// ---- writing ------------------------------------------------------------------------------------

static char *folder; // of one test

static void enter_folder(void)
{
    folder = g_dir_make_tmp("tincture-XXXXXX", NULL);
    g_assert_nonnull(folder);
}

static int count_files(void)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    int n = 0;
    while (g_dir_read_name(dir)) {
        n++;
    }
    g_dir_close(dir);
    return n;
}

static void leave_folder(const char *path)
{
    if (path) {
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0); // nothing else was left behind
    g_free(folder);
}

// What is taken out of memory can be read again, of a large file, which is mapped, and of a small
// one, which is a copy.
static void test_release(void)
{
    static const int counts[] = {1 << 14, 5 << 20};
    enter_folder();
    g_autofree char *path = g_build_filename(folder, "release.safetensors", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        const int64_t count = counts[i];
        g_autofree float *values = g_new(float, count), *again = g_new(float, count);
        for (int64_t k = 0; k < count; k++) {
            values[k] = (float)k;
        }
        struct st_writer *w = st_writer_new();
        st_writer_f32(w, "x", 1, &count, values);
        g_assert_true(st_writer_save(w, path, NULL, NULL));
        st_writer_free(w);
        struct st_file *f = st_open(path, NULL);
        const struct st_tensor *t = st_find(f, "x");
        g_assert_true(t->mapped == (i == 1));
        for (int round = 0; round < 2; round++) {
            g_assert_true(st_read_f32(t, again, true, NULL));
            g_assert_cmpmem(values, (size_t)count * sizeof *values, again,
                            (size_t)count * sizeof *again);
            st_release(t);
        }
        memset(again, 0, 3 * sizeof *again);
        g_assert_true(st_read_part(t, 1000, 2, again));
        g_assert_true(again[0] == 1000 && again[1] == 1001 && again[2] == 0);
        st_free(f);
    }
    leave_folder(path);
}

static struct st_writer *make_writer(void)
{
    struct st_writer *w = st_writer_new();
    st_writer_meta(w, "format", "tincture");
    st_writer_meta(w, "a \"quoted\" key\n", "back\\slash \xc3\xa4");
    st_writer_f32(w, "x", 2, (int64_t[]){2, 2}, (float[]){1, -2, 0.1f, 1e-30f});
    st_writer_i32(w, "ids", 1, (int64_t[]){2}, (int32_t[]){-7, 49407});
    st_writer_f32(w, "none", 2, (int64_t[]){0, 4}, NULL);
    st_writer_f32(w, "number", 0, NULL, (float[]){0.5f});
    st_writer_f16(w, "half", 1, (int64_t[]){3}, (float[]){0.1f, -2, 1e-30f});
    return w;
}

static void test_round_trip(void)
{
    g_autoptr(GError) error = NULL;
    enter_folder();
    g_autofree char *path = g_build_filename(folder, "a.safetensors", NULL);
    struct st_writer *w = make_writer();
    g_assert_true(st_writer_save(w, path, NULL, &error));
    g_assert_true(st_writer_save(w, path, NULL, &error)); // over an old file
    st_writer_free(w);
    g_assert_cmpint(count_files(), ==, 1);

    struct st_file *f = st_open(path, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(g_hash_table_lookup(f->metadata, "a \"quoted\" key\n"), ==,
                    "back\\slash \xc3\xa4");
    float x[4], ids[2];
    g_assert_true(st_read_f32(st_find(f, "x"), x, true, &error));
    g_assert_cmpmem(x, sizeof x, ((float[]){1, -2, 0.1f, 1e-30f}), sizeof x);
    g_assert_true(st_read_f32(st_find(f, "ids"), ids, true, &error));
    g_assert_cmpfloat(ids[0], ==, -7);
    g_assert_cmpint(st_find(f, "number")->rank, ==, 0);
    g_assert_cmpint(st_find(f, "half")->dtype, ==, ST_F16);
    g_assert_true(st_read_f32(st_find(f, "half"), x, true, &error));
    g_assert_cmpmem(x, 3 * sizeof *x, ((float[]){0.0999755859375f, -2, 0}), 3 * sizeof *x);
    st_free(f);
    leave_folder(path);
}

static void test_no_file(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(st_open("/no/such/file", &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
    g_clear_error(&error);
    g_assert_null(st_open("/", &error));
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE);
}

// What a file is is told by its content: checkpoints and adapters may be called anything, and other
// programs write the format under the names of pickles.
static void test_any_name(void)
{
    static const struct {
        const char *name, *stem;
    } files[] = {{"a.bin", "a"},     {"b.ckpt", "b"}, {"c.pt", "c"},        {"d.pth", "d"},
                 {"e.png", "e.png"}, {"f", "f"},      {"g.v1.bin", "g.v1"}, {"h.safetensors", "h"}};
    const int64_t shape[] = {1};
    const float number = 2;
    enter_folder();
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(folder, files[i].name, NULL);
        struct st_writer *w = st_writer_new();
        st_writer_f32(w, "a", 1, shape, &number);
        st_writer_save(w, path, NULL, &error);
        g_assert_no_error(error);
        st_writer_free(w);
        struct st_file *f = st_open(path, &error);
        g_assert_no_error(error);
        g_assert_nonnull(st_find(f, "a"));
        st_free(f);
        g_autofree char *stem = st_name(path);
        g_assert_cmpstr(stem, ==, files[i].stem);
        g_assert_true(st_is_file(path));
        g_remove(path);
    }
    leave_folder(NULL);
}

static void test_pickles(void)
{
    static const struct {
        const char *name, *content;
        gssize size;
        int code;    // of the error
        bool is_one; // what st_is_file() says
    } files[] = {{"a.bin", "PK\3\4....", 8, TINCTURE_ERROR_UNSUPPORTED, true},
                 {"b.safetensors", "PK\3\4....", 8, TINCTURE_ERROR_UNSUPPORTED, true},
                 {"c.safetensors", "\x80\2}q\0.", 6, TINCTURE_ERROR_UNSUPPORTED, true},
                 {"d.ckpt", "", 0, TINCTURE_ERROR_UNSUPPORTED, true},
                 {"e.pt", "text, and nothing else", 22, TINCTURE_ERROR_UNSUPPORTED, true},
                 {"f.bin", "\2\0\0\0\0\0\0\0{", 9, TINCTURE_ERROR_FILE, true}, // cut short
                 {"g.png", "PK\3\4....", 8, TINCTURE_ERROR_UNSUPPORTED, false},
                 {"h.png", "\x89PNG\r\n\x1a\n\0", 9, TINCTURE_ERROR_FILE, false},
                 {"i.png", "\2\0\0\0\0\0\0\0{", 9, TINCTURE_ERROR_FILE, true}};
    enter_folder();
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(folder, files[i].name, NULL);
        g_assert_true(g_file_set_contents(path, files[i].content, files[i].size, NULL));
        g_assert_null(st_open(path, &error));
        g_test_message("%s", error->message);
        g_assert_error(error, TINCTURE_ERROR, files[i].code);
        g_assert_true(st_is_file(path) == files[i].is_one);
        g_remove(path);
    }
    g_assert_false(st_is_file(folder));
    leave_folder(NULL);
}

// Saving to where a file is mapped: the mapping still holds the old bytes.
static void test_save_over_open(void)
{
    g_autoptr(GError) error = NULL;
    enter_folder();
    g_autofree char *path = g_build_filename(folder, "a.safetensors", NULL);
    struct st_writer *w = make_writer();
    g_assert_true(st_writer_save(w, path, NULL, &error));
    struct st_file *f = st_open(path, &error);
    st_writer_f32(w, "more", 1, (int64_t[]){1}, (float[]){3});
    g_assert_true(st_writer_save(w, path, NULL, &error));
    st_writer_free(w);
    float number;
    g_assert_true(st_read_f32(st_find(f, "number"), &number, true, &error));
    g_assert_cmpfloat(number, ==, 0.5f);
    st_free(f);
    leave_folder(path);
}

static void test_save_fails(void)
{
    g_autoptr(GError) error = NULL;
    enter_folder();
    struct st_writer *w = make_writer();
    g_autofree char *nowhere = g_build_filename(folder, "no", "such", "a.safetensors", NULL);
    g_assert_false(st_writer_save(w, nowhere, NULL, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    st_writer_free(w);
    leave_folder(NULL);
}

// A file size limit stands in for a full disk: one sentence, the old file whole, no temporary file
// left.
static void test_disk_full(void)
{
    g_autoptr(GError) error = NULL;
    struct rlimit before, small = {4096, 0};
    enter_folder();
    g_autofree char *path = g_build_filename(folder, "a.safetensors", NULL);
    struct st_writer *w = make_writer();
    g_assert_true(st_writer_save(w, path, NULL, &error));
    g_autofree char *hash = file_sha256(path, NULL, &error);
    float *large = g_new0(float, 4096);
    st_writer_f32(w, "large", 1, (int64_t[]){4096}, large);
    g_free(large);
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    bool saved = st_writer_save(w, path, NULL, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    g_assert_false(saved);
    g_assert_nonnull(error);
    g_test_message("%s", error->message);
    g_clear_error(&error);
    g_assert_cmpint(count_files(), ==, 1);
    g_autofree char *again = file_sha256(path, NULL, &error);
    g_assert_cmpstr(again, ==, hash);
    st_writer_free(w);
    leave_folder(path);
}

// Cancels once something has been written beside the file that is being replaced.
static void *cancel_late(void *cancel)
{
    for (;; g_usleep(200)) {
        GDir *dir = g_dir_open(folder, 0, NULL);
        for (const char *name; (name = g_dir_read_name(dir));) {
            g_autofree char *path = g_build_filename(folder, name, NULL);
            struct stat s;
            if (g_str_has_prefix(name, ".tincture-") && stat(path, &s) == 0 && s.st_size > 0) {
                g_cancellable_cancel(cancel);
            }
        }
        g_dir_close(dir);
        if (g_cancellable_is_cancelled(cancel)) {
            return NULL;
        }
    }
}

// Cancelled in the middle: the old file whole, nothing beside it.
static void test_save_cancelled(void)
{
    enum { FLOATS = 1 << 18 };
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    enter_folder();
    g_autofree char *path = g_build_filename(folder, "a.safetensors", NULL);
    struct st_writer *w = make_writer();
    struct task task = {.cancellable = cancel};
    g_assert_true(st_writer_save(w, path, &task, &error));
    g_autofree char *hash = file_sha256(path, NULL, &error);
    g_autofree float *piece = g_new0(float, FLOATS);
    for (int i = 0; i < 32; i++) {
        g_autofree char *name = g_strdup_printf("large.%d", i);
        st_writer_f32(w, name, 1, (int64_t[]){FLOATS}, piece);
    }
    GThread *thread = g_thread_new("cancel", cancel_late, cancel);
    g_assert_false(st_writer_save(w, path, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_thread_join(thread);
    g_autofree char *again = file_sha256(path, NULL, NULL);
    g_assert_cmpstr(again, ==, hash);
    st_writer_free(w);
    leave_folder(path);
}

static void test_hash(void)
{
    g_autoptr(GError) error = NULL;
    enter_folder();
    g_autofree char *path = g_build_filename(folder, "abc", NULL);
    g_assert_true(g_file_set_contents(path, "abc", 3, NULL));
    g_autofree char *hash = file_sha256(path, NULL, &error);
    g_assert_cmpstr(hash, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct task task = {.cancellable = cancel};
    g_cancellable_cancel(cancel);
    g_assert_null(file_sha256(path, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    leave_folder(path);
}

struct seen {
    int calls;
    double last;
    bool stop; // at the second call
};

static void see(struct task *task, const struct task_progress *progress)
{
    struct seen *s = task->data;
    g_assert_cmpint(progress->stage, ==, TASK_READING_FILE);
    g_assert_cmpstr(progress->name, ==, "large");
    g_assert_cmpfloat(progress->fraction, >, s->last);
    g_assert_cmpfloat(progress->fraction, <=, 1);
    s->last = progress->fraction;
    if (++s->calls == 2 && s->stop) {
        g_cancellable_cancel(task->cancellable);
    }
}

// A model file takes many seconds to read: it is reported how much has been read, and reading stops
// when asked to.
static void test_hash_progress(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    enter_folder();
    g_autofree char *path = g_build_filename(folder, "large", NULL);
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    g_assert_cmpint(truncate(path, 20 << 20), ==, 0);
    struct seen whole = {0}, stopped = {.stop = true};
    struct task task = {.report = see, .data = &whole, .cancellable = cancel};
    g_autofree char *plain = file_sha256(path, NULL, &error);
    g_autofree char *told = file_sha256(path, &task, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(told, ==, plain);
    g_assert_cmpint(whole.calls, >=, 4);
    g_assert_cmpfloat(whole.last, ==, 1);
    task.data = &stopped;
    g_assert_null(file_sha256(path, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpint(stopped.calls, ==, 2);
    leave_folder(path);
}

// Replaces the sum that is kept by another one: whoever returns that has not read the file.
static void forge_kept(const char *forged)
{
    g_autofree char *hashes = g_build_filename(g_get_user_cache_dir(), "tincture", "hashes", NULL);
    GDir *dir = g_dir_open(hashes, 0, NULL);
    g_assert_nonnull(dir);
    g_autofree char *kept = g_build_filename(hashes, g_dir_read_name(dir), NULL), *line = NULL;
    g_assert_null(g_dir_read_name(dir));
    g_dir_close(dir);
    g_assert_true(g_file_get_contents(kept, &line, NULL, NULL));
    memcpy(line, forged, strlen(forged));
    g_assert_true(g_file_set_contents(kept, line, -1, NULL));
}

// Until a change of the file would bear another time (see file_identity() in compute/file/hash.c).
static void grow_old(const char *path)
{
    struct stat s;
    g_assert_cmpint(stat(path, &s), ==, 0);
    while (g_get_real_time() / G_USEC_PER_SEC - s.st_ctim.tv_sec < 2) {
        g_usleep(10000);
    }
}

// A sum is kept, and is not used after the file was changed, even if size and time of modification
// are as before; the sum of a file that was just written is not kept.
static void test_hash_kept(void)
{
    static const char *const abc =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    static const char *const abd =
        "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9";
    static const char *const forged =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    g_autoptr(GError) error = NULL;
    enter_folder();
    g_autofree char *cache = g_build_filename(folder, "cache", NULL);
    g_autofree char *path = g_build_filename(folder, "abc", NULL);
    g_setenv("XDG_CACHE_HOME", cache, TRUE);
    g_assert_cmpstr(g_get_user_cache_dir(), ==, cache); // or the test would touch the person's own
    g_assert_true(g_file_set_contents(path, "abc", 3, NULL));
    g_autofree char *young = file_sha256_kept(path, NULL, &error);
    g_assert_cmpstr(young, ==, abc);
    g_assert_false(g_file_test(cache, G_FILE_TEST_EXISTS));
    grow_old(path);
    g_autofree char *first = file_sha256_kept(path, NULL, &error);
    g_assert_cmpstr(first, ==, abc);
    forge_kept(forged);
    g_autofree char *second = file_sha256_kept(path, NULL, &error);
    g_assert_cmpstr(second, ==, forged);

    struct stat before;
    g_assert_cmpint(stat(path, &before), ==, 0);
    int fd = open(path, O_WRONLY);
    g_assert_cmpint(write(fd, "abd", 3), ==, 3);
    g_assert_cmpint(futimens(fd, (struct timespec[]){before.st_atim, before.st_mtim}), ==, 0);
    close(fd);
    g_autofree char *third = file_sha256_kept(path, NULL, &error);
    g_assert_cmpstr(third, ==, abd);
    grow_old(path);
    g_autofree char *fourth = file_sha256_kept(path, NULL, &error);
    g_assert_cmpstr(fourth, ==, abd);
    g_autofree char *none = file_sha256_kept(cache, NULL, &error); // a folder
    g_assert_null(none);
    g_assert_nonnull(error);
    g_autofree char *hashes = g_build_filename(cache, "tincture", "hashes", NULL);
    g_autofree char *kept_folder = g_build_filename(cache, "tincture", NULL);
    GDir *dir = g_dir_open(hashes, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *kept = g_build_filename(hashes, name, NULL);
        g_unlink(kept);
    }
    g_dir_close(dir);
    g_rmdir(hashes);
    g_rmdir(kept_folder);
    g_rmdir(cache);
    leave_folder(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/safetensors/damaged", test_damaged);
    g_test_add_func("/safetensors/sizes", test_sizes);
    g_test_add_func("/safetensors/truncated", test_truncated);
    g_test_add_func("/safetensors/limits", test_limits);
    g_test_add_func("/safetensors/accepted", test_accepted);
    g_test_add_func("/safetensors/half", test_half);
    g_test_add_func("/safetensors/formats", test_formats);
    g_test_add_func("/safetensors/release", test_release);
    g_test_add_func("/safetensors/pointer", test_pointer);
    g_test_add_func("/safetensors/not-finite", test_not_finite);
    g_test_add_func("/safetensors/round-trip", test_round_trip);
    g_test_add_func("/safetensors/no-file", test_no_file);
    g_test_add_func("/safetensors/any-name", test_any_name);
    g_test_add_func("/safetensors/pickles", test_pickles);
    g_test_add_func("/safetensors/save-over-open", test_save_over_open);
    g_test_add_func("/safetensors/save-fails", test_save_fails);
    g_test_add_func("/safetensors/disk-full", test_disk_full);
    g_test_add_func("/safetensors/save-cancelled", test_save_cancelled);
    g_test_add_func("/safetensors/hash", test_hash);
    g_test_add_func("/safetensors/hash-progress", test_hash_progress);
    g_test_add_func("/safetensors/hash-kept", test_hash_kept);
    return g_test_run();
}
