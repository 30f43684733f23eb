#include "ui/core/batch_page.h"

#include "compute/replace.h"
#include "render/file.h"
#include "render/resample.h"
#include "ui/core/html.h"

#include <string.h>

#define SIDE    256 // pixels of the longest side of a picture on the page
#define QUALITY 80

static const char style[] =
    "body { font: 15px/1.4 sans-serif; margin: 1em; }\n"
    "figure { display: inline-block; margin: 0 1em 1em 0; vertical-align: top; }\n"
    "figure img { height: 192px; width: auto; margin-right: 2px; }\n"
    "figcaption { max-width: 32em; overflow-wrap: anywhere; }\n";

// Within the page, so that it is one file.
static void add_picture(GString *html, const char *path, const char *what, struct task *task)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct task quiet = {.cancellable = task_cancellable(task)};
    const struct image_save_params params = {.format = "jpeg", .quality = QUALITY};
    struct image *image = image_load(file, &quiet, NULL);
    struct image *small = image ? image_shrink(image, SIDE, NULL) : NULL;
    g_autoptr(GBytes) bytes = small ? image_encode(small, &params, NULL) : NULL;
    if (bytes) {
        gsize size;
        const guchar *data = g_bytes_get_data(bytes, &size);
        g_autofree char *text = g_base64_encode(data, size);
        g_string_append_printf(
            html, "<img alt=\"%s\" width=\"%d\" height=\"%d\" src=\"data:image/jpeg;base64,%s\"/>",
            what, small->width, small->height, text);
    }
    image_free(small);
    image_free(image);
}

static void add_photo(GString *html, const char *photo, const char *target, struct task *task)
{
    g_autofree char *name = g_path_get_basename(target);
    g_autofree char *link = g_uri_escape_string(name, NULL, FALSE);
    g_autofree char *shown = g_filename_display_basename(photo);
    g_autofree char *made = g_filename_display_basename(target);
    g_string_append(html, "<figure>");
    add_picture(html, photo, "before", task);
    g_string_append_printf(html, "<a href=\"./%s\">", link);
    add_picture(html, target, "after", task);
    g_string_append(html, "</a><figcaption>");
    html_add_text(html, shown);
    g_string_append(html, " &#8594; ");
    html_add_text(html, made);
    g_string_append(html, "</figcaption></figure>\n");
}

static void add_faults(GString *html, const GPtrArray *faults)
{
    if (faults->len == 0) {
        return;
    }
    g_string_append(html, "<h2>Not done</h2>\n<ul>\n");
    for (guint i = 0; i < faults->len; i++) {
        g_string_append(html, "<li>");
        html_add_text(html, faults->pdata[i]);
        g_string_append(html, "</li>\n");
    }
    g_string_append(html, "</ul>\n");
}

static bool add_photos(GString *html, const struct batch_page *p, struct task *task, GError **error)
{
    for (guint i = 0; i < p->photos->len; i++) {
        const char *photo = p->photos->pdata[i], *target = batch_folder_target(p->folder, photo);
        task_report(task, TASK_WRITING_FILE, (double)i / p->photos->len);
        if (task_cancelled(task, error)) {
            return false;
        }
        if (g_file_test(target, G_FILE_TEST_EXISTS)) {
            add_photo(html, photo, target, task);
        }
    }
    return true;
}

bool batch_page_write(const struct batch_page *p, struct task *task, GError **error)
{
    g_autoptr(GString) html = html_begin("Contact sheet", style);
    g_autofree char *path = batch_folder_file(p->folder, BATCH_PAGE);
    g_string_append(html, "<h1>");
    html_add_text(html, p->prompt);
    g_string_append(html, "</h1>\n");
    batch_folder_lock(p->folder); // the last one that writes it has seen what all have made
    bool ok = add_photos(html, p, task, error);
    if (ok) {
        add_faults(html, p->faults);
        g_string_append(html, "</body>\n</html>\n");
        ok = replacement_whole(path, html->str, html->len, error);
        if (!ok) {
            g_prefix_error(error, "%s: ", path);
        }
    }
    batch_folder_unlock(p->folder);
    return ok;
}
