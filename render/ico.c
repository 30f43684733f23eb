// Icons whose largest picture is a PNG file, as Windows has had them since Vista: gdk-pixbuf reads
// only those of bitmaps, which are left to it.
#include "render/codec.h"

#include <string.h>

enum { HEAD = 6, ENTRY = 16, SIDE = 256 };

struct entry {
    uint32_t area, bits; // of its pixels; bits of one
    uint32_t offset, size;
};

static uint32_t side_of(uint8_t byte)
{
    return byte == 0 ? SIDE : byte;
}

static struct entry read_entry(const uint8_t *at)
{
    return (struct entry){
        .area = side_of(at[0]) * side_of(at[1]),
        .bits = codec_little_endian(at + 6, 2),
        .size = codec_little_endian(at + 8, 4),
        .offset = codec_little_endian(at + 12, 4),
    };
}

// The largest picture, of those the one with most colours. False where there is none.
static bool find_best(const uint8_t *data, size_t size, struct entry *best)
{
    static const uint8_t MAGIC[4] = {0, 0, 1, 0};
    const bool icon = size >= HEAD && memcmp(data, MAGIC, sizeof(MAGIC)) == 0;
    const uint32_t count = icon ? codec_little_endian(data + 4, 2) : 0;

    *best = (struct entry){0};
    for (uint32_t i = 0; i < count && HEAD + (i + 1) * ENTRY <= size; i++) {
        const struct entry entry = read_entry(data + HEAD + i * ENTRY);

        if (entry.area > best->area || (entry.area == best->area && entry.bits > best->bits)) {
            *best = entry;
        }
    }
    return best->area > 0;
}

bool codec_icon_is_set(GBytes *file)
{
    struct entry best;
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);

    return find_best(data, size, &best) && codec_little_endian(data + 4, 2) > 1;
}

static bool sniff(const uint8_t *data, size_t size)
{
    static const char PNG[4] = "\x89PNG";
    struct entry best;

    return find_best(data, size, &best) && best.offset <= size &&
           size - best.offset >= sizeof(PNG) && memcmp(data + best.offset, PNG, sizeof(PNG)) == 0;
}

// The PNG file within; where it is cut short, what there is of it.
static GBytes *take_png(GBytes *file)
{
    struct entry best;
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(file, &size);
    const bool there = find_best(data, size, &best) && best.offset <= size;

    return there ? g_bytes_new_from_bytes(file, best.offset, MIN(best.size, size - best.offset))
                 : g_bytes_new(NULL, 0);
}

static bool read_info(GBytes *file, struct image_info *info, GError **error)
{
    g_autoptr(GBytes) png = take_png(file);

    return codec_find("png")->read_info(png, info, error);
}

static struct image *read_image(GBytes *file, struct task *task, GError **error)
{
    g_autoptr(GBytes) png = take_png(file);
    struct image *image = codec_find("png")->read(png, task, error);

    if (image != NULL && codec_icon_is_set(file)) {
        image_meta_note(&image->meta, CODEC_LARGEST_NOTE);
    }
    return image;
}

const struct codec ico_codec = {
    .name = "ico",
    .title = "icon",
    .suffixes = (const char *const[]){"ico", NULL},
    .sniff = sniff,
    .read_info = read_info,
    .read = read_image,
};
