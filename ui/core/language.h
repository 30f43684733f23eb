// The language that the program speaks. Each is called once, before anything is said.
#pragma once

// What is marked for translation is said in the language of the person.
void language_begin(void);

// English and numbers with a point, whatever the person speaks: what is printed and written is read
// by programs. Only the characters are those of the person's locale.
void language_begin_plain(void);
