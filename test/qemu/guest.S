# A guest of one boot sector. It fills `pages` pages from 2 MiB with words of a linear congruential
# generator, says R on the serial line, and then writes two words (the number of the round) to each of the
# first `set` pages in turn, for ever, `delay` ticks of the time-stamp counter apart.
#
# guest.ts holds its bytes, so that tests need no assembler:
#   as --32 -o guest.o guest.S && ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o guest.bin guest.o

.set MEMORY, 0x200000
.set SERIAL, 0x3f8

.code16
.globl _start
_start:
  cli
  xorw %ax, %ax
  movw %ax, %ds
  inb $0x92, %al              # address line 20
  orb $2, %al
  outb %al, $0x92
  lgdt table
  movl %cr0, %eax
  orb $1, %al
  movl %eax, %cr0
  ljmp $8, $flat

.code32
flat:
  movw $16, %ax
  movw %ax, %ds
  movw %ax, %es
  movw %ax, %ss
  movl $0x7c00, %esp
  cld
  movl $MEMORY, %edi
  movl pages, %ecx
  shll $10, %ecx              # words
  movl $0x9e3779b9, %eax
fill:
  imull $22695477, %eax, %eax
  incl %eax
  stosl
  decl %ecx
  jnz fill
  movw $SERIAL, %dx
  movb $'R', %al
  outb %al, %dx
  xorl %ebx, %ebx
round:
  incl %ebx
  movl $MEMORY, %edi
  movl set, %ecx
page:
  movl %ebx, (%edi)
  movl %ebx, 2048(%edi)
  addl $4096, %edi
  rdtsc
  movl %eax, %esi
wait:
  rdtsc
  subl %esi, %eax
  cmpl delay, %eax
  jb wait
  decl %ecx
  jnz page
  jmp round

.p2align 3
segments:
  .quad 0
  .quad 0x00cf9a000000ffff
  .quad 0x00cf92000000ffff
table:
  .word 23
  .long segments

# What a test patches.
.org 496
pages: .long 0
set:   .long 0
delay: .long 0
.org 510
.word 0xaa55
