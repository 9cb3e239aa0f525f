import { Args, Context, Field, ID, Mutation, ObjectType, Query, Resolver } from '@nestjs/graphql';
import type { AuthContext, GuardedContext } from 'graphql-simplejwt';
import { Authorized, Public } from './auth.js';

@ObjectType()
export class Note {
  @Field(() => ID)
  id!: number;

  @Field(() => String)
  text!: string;

  @Authorized('ADMIN')
  @Field(() => String, { nullable: true })
  author!: string;
}

@Resolver(() => Note)
export class NotesResolver {
  readonly #notes: Note[] = [];

  @Public()
  @Query(() => String)
  motto(@Context() { currentUser }: AuthContext): string {
    return currentUser === null ? 'Welcome.' : 'Welcome back.';
  }

  @Authorized()
  @Query(() => [Note], { nullable: true })
  notes(@Context() { currentUser }: GuardedContext): Note[] {
    return this.#notes.filter(({ author }) => author === currentUser.id);
  }

  @Authorized()
  @Mutation(() => Note, { nullable: true })
  addNote(@Args('text', { type: () => String }) text: string, @Context() { currentUser }: GuardedContext): Note {
    const note = { id: this.#notes.length + 1, text, author: currentUser.id };
    this.#notes.push(note);
    return note;
  }
}
